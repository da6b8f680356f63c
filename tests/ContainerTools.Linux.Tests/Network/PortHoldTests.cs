using System.Net;
using System.Net.Sockets;
using ContainerTools.Linux.Network;
using ContainerTools.TestSupport;

namespace ContainerTools.Linux.Tests.Network;

public sealed class PortHoldTests
{
    [Theory]
    [InlineData("tcp", "0.0.0.0", "127.0.0.1")]
    [InlineData("udp", "0.0.0.0", "127.0.0.1")]
    [InlineData("tcp", "127.0.0.1", "0.0.0.0")]
    [InlineData("tcp", "::", "::1")]
    [InlineData("udp", "::1", "::")]
    public void NoProgramGetsAPortThatIsHeld(string protocol, string address, string other)
    {
        int port = 0;
        Assert.Equal(PortHoldResult.Held, PortHold.Take(protocol, IPAddress.Parse(address), ref port, out var held));
        Assert.InRange(port, 1, 65535);
        using (held)
        {
            Assert.False(CanListen(protocol, address, port, reuse: false));
            // As servers do, so that they can be restarted at once.
            Assert.False(CanListen(protocol, other, port, reuse: true));
            Assert.Equal(PortHoldResult.InUse, PortHold.Take(protocol, IPAddress.Parse(other), ref port, out var second));
            Assert.Null(second);
        }
        Assert.True(CanListen(protocol, other, port, reuse: false));
    }

    [Fact]
    public void APortIsRefusedWhileAProgramListensAndNotForConnectionsThatHaveEnded()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Equal(PortHoldResult.InUse, PortHold.Take("tcp", IPAddress.Any, ref port, out _));
        using (var client = new TcpClient())
        {
            client.Connect(IPAddress.Loopback, port);
            // The side that closes first keeps the connection for a minute.
            listener.AcceptTcpClient().Dispose();
            Assert.Equal(0, client.GetStream().ReadByte() + 1);
        }
        listener.Stop();
        Assert.False(CanListen("tcp", "0.0.0.0", port, reuse: false));
        Assert.Equal(PortHoldResult.Held, PortHold.Take("tcp", IPAddress.Any, ref port, out var held));
        using (held)
            Assert.False(CanListen("tcp", "0.0.0.0", port, reuse: true));
    }

    [Fact]
    public void AnAddressOfAnotherHostIsNoPlaceForAPort()
    {
        int port = 80;
        Assert.Equal(PortHoldResult.NoSuchAddress, PortHold.Take("tcp", IPAddress.Parse("203.0.113.9"), ref port, out var held));
        Assert.Null(held);
    }

    // By another program, since .NET sets SO_REUSEADDR of its own accord.
    private static bool CanListen(string protocol, string address, int port, bool reuse) => Command.Run("python3", ["-c", """
        import socket, sys
        protocol, address, port, reuse = sys.argv[1:]
        s = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM if protocol == 'udp' else socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse == 'True'))
        s.bind((address, int(port)))
        if protocol == 'tcp':
            s.listen()
        """, protocol, address, $"{port}", $"{reuse}"]).ExitCode == 0;
}
