using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Tests.Containers;

/// <summary>A unix(7) socket on which a runtime hands over a descriptor with a message: a terminal, or a seccomp listener.</summary>
public sealed unsafe partial class DescriptorServer : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public DescriptorServer(string path)
    {
        Path = path;
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _socket.Listen();
    }

    public string Path { get; }

    /// <summary>Waits for one message with one descriptor.</summary>
    public (string Message, SafeFileHandle Descriptor) Accept()
    {
        Assert.True(_socket.Poll(TimeSpan.FromSeconds(20), SelectMode.SelectRead), "nobody connected");
        using var connection = _socket.Accept();
        var message = new byte[65536];
        var control = stackalloc long[4];
        fixed (byte* data = message)
        {
            var vector = stackalloc long[] { (long)data, message.Length };
            // struct msghdr: name, its length, vector, its length, control, its length, flags
            var header = stackalloc long[] { 0, 0, (long)vector, 1, (long)control, 32, 0 };
            var length = (int)recvmsg((int)connection.Handle, header, 0x40000000);
            Assert.True(length > 0, "no message came");
            Assert.True(header[5] >= 20, "no descriptor came");
            return (Encoding.UTF8.GetString(message, 0, length), new SafeFileHandle(((int*)control)[4], ownsHandle: true));
        }
    }

    public void Dispose() => _socket.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, void* header, int flags);
}
