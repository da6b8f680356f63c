using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.Networks;

/// <summary>
/// A host with a store, and another host on its other side: two network namespaces joined by a cable. What the product does to links, rules and kernel parameters it does to
/// the first of them, and not to this machine.
/// </summary>
public sealed class NetworkedHost : IDisposable
{
    public const string Address = "192.0.2.1", OutsideAddress = "192.0.2.2";

    public NetworkedHost()
    {
        NetworkNamespace.Connect(Host, Address + "/24", Outside, OutsideAddress + "/24");
        var archive = Path.Combine(Store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        Script($"$null = Import-Image '{archive}'");
        Before = State();
    }

    public TemporaryStore Store { get; } = new();

    public NetworkNamespace Host { get; } = new();

    public NetworkNamespace Outside { get; } = new();

    /// <summary>Links and tables before any container.</summary>
    public string Before { get; }

    /// <summary>Runs a PowerShell script on the host; fails the test if it fails.</summary>
    public IReadOnlyList<string> Script(string script, TimeSpan? timeout = null) => HostShell.Run(Store, Host, script, timeout).Succeeded().Lines;

    /// <summary>Names of links and tables on the host.</summary>
    public string State() => Host.Shell("ip -o link | cut -d: -f2; nft list tables");

    /// <summary>Waits for what goes away by itself, and says what is left.</summary>
    public string StateAtRest()
    {
        SpinWait.SpinUntil(() => State() == Before, TimeSpan.FromSeconds(20));
        return State();
    }

    /// <summary>What an address answers on a port, or null if nothing does; asked from the host itself or the other one.</summary>
    public static string? Fetch(NetworkNamespace from, string address, int port) =>
        from.Run("curl", "-s", "--max-time", "3", "--retry", "3", "--retry-connrefused", "--retry-delay", "1", $"http://{address}:{port}/") is { ExitCode: 0 } result ? result.Output.Trim() : null;

    /// <summary>The same for what is expected to fail: asked once.</summary>
    public static bool Reaches(NetworkNamespace from, string address, int port) => from.Run("curl", "-s", "--max-time", "1", $"http://{address}:{port}/").ExitCode == 0;

    /// <summary>Whether a server could listen on a port, as servers do that can be restarted at once.</summary>
    public static bool CanBind(NetworkNamespace host, string address, int port) =>
        host.Run("python3", "-c", $"import socket; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('{address}', {port})); s.listen()").ExitCode == 0;

    /// <summary>The command of a container that serves one page with a text.</summary>
    public static string Server(string text, int port = 80) => $"sh -c 'mkdir -p /tmp/w; echo {text} > /tmp/w/index.html; exec httpd -f -p {port} -h /tmp/w'";

    public void Dispose()
    {
        Store.Dispose();
        Outside.Dispose();
        Host.Dispose();
    }
}
