using System.Diagnostics;
using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.Networks;

/// <summary>A program that listens on a port in a network namespace and says who connected.</summary>
internal sealed class Listener : IDisposable
{
    private readonly Process _process;

    public Listener(NetworkNamespace where, int port)
    {
        const string program = """
            import socket, sys
            s = socket.create_server(('0.0.0.0', int(sys.argv[1])))
            print('ready', flush=True)
            while True:
                c, a = s.accept()
                print(a[0], flush=True)
                c.close()
            """;
        _process = Process.Start(new ProcessStartInfo("nsenter", ["--net=" + where.Path, "--", "python3", "-c", program, $"{port}"]) { RedirectStandardOutput = true })!;
        Assert.Equal("ready", _process.StandardOutput.ReadLine());
    }

    /// <summary>The address of the next one that connects.</summary>
    public string Peer() => _process.StandardOutput.ReadLine() ?? "";

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
