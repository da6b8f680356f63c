using System.Net.Sockets;

namespace ContainerTools.Core.Build.Ssh;

/// <summary>A socket of the build's own behind which an agent answers: it can have any owner and mode, and goes with the command that it is for.</summary>
internal sealed class AgentRelay : IDisposable
{
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource stop = new();
    private readonly string agent;

    /// <summary>Starts to listen.</summary>
    /// <param name="agent">The agent's socket.</param>
    /// <param name="path">The own socket.</param>
    internal AgentRelay(string agent, string path)
    {
        this.agent = agent;
        Path = path;
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        _ = AcceptAsync();
    }

    internal string Path { get; }

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
        File.Delete(Path);
    }

    private async Task AcceptAsync()
    {
        var token = stop.Token;
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptAsync(token), token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The command has ended.
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken ct)
    {
        using (client)
        using (var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            try
            {
                await server.ConnectAsync(new UnixDomainSocketEndPoint(agent), ct);
                await Task.WhenAll(PumpAsync(client, server, ct), PumpAsync(server, client, ct));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Whoever asked sees that nobody answers.
            }
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, CancellationToken ct)
    {
        byte[] buffer = new byte[16 << 10];
        int count;
        while ((count = await from.ReceiveAsync(buffer, ct)) > 0)
        {
            for (int sent = 0; sent < count;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), ct);
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
