using System.Diagnostics;
using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.Networks;

/// <summary>A program in a network namespace that sends datagrams from one port all the time, and says what is answered.</summary>
internal sealed class DatagramClient : IDisposable
{
    private readonly Process _process;

    public DatagramClient(NetworkNamespace where, string host, int port)
    {
        const string program = """
            import socket, sys
            s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(5)
            s.connect((sys.argv[1], int(sys.argv[2])))
            for line in sys.stdin:
                s.send(line.encode())
                print(s.recv(1 << 16).decode(), end='', flush=True)
            """;
        _process = Process.Start(new ProcessStartInfo("nsenter", ["--net=" + where.Path, "--", "python3", "-c", program, host, $"{port}"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>Sends a line and waits for one.</summary>
    public string? Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine();
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
