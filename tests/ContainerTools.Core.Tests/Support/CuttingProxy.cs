using System.Net;
using System.Net.Sockets;

namespace ContainerTools.Core.Tests.Support;

/// <summary>Stands before a server on loopback, and breaks connections after so many bytes from the client: one for each number given.</summary>
public sealed class CuttingProxy : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly int target;
    private readonly Queue<long> limits;
    private int cuts;

    public CuttingProxy(int target, params long[] limits)
    {
        this.target = target;
        this.limits = new Queue<long>(limits);
        listener.Start();
        _ = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public int Cuts => cuts;

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                _ = Task.Run(() => ForwardAsync(client));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, target);
                var back = server.GetStream().CopyToAsync(client.GetStream());
                byte[] buffer = new byte[16 << 10];
                long passed = 0;
                int count;
                while ((count = await client.GetStream().ReadAsync(buffer)) > 0)
                {
                    await server.GetStream().WriteAsync(buffer.AsMemory(0, count));
                    passed += count;
                    if (IsOver(passed))
                    {
                        // Not a polite end: a reset.
                        client.LingerState = new LingerOption(true, 0);
                        return;
                    }
                }

                server.Client.Shutdown(SocketShutdown.Send);
                await back;
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // One side has gone.
            }
        }
    }

    private bool IsOver(long passed)
    {
        lock (limits)
        {
            if (!limits.TryPeek(out long limit) || passed < limit)
            {
                return false;
            }

            limits.Dequeue();
            cuts++;
            return true;
        }
    }
}
