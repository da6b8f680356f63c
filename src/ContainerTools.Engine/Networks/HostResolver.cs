using System.Net;

namespace ContainerTools.Engine.Networks;

/// <summary>The host's own name resolution, as resolv.conf(5) has it.</summary>
internal static class HostResolver
{
    // Where systemd-resolved keeps the real servers while resolv.conf names its own, on loopback.
    private static readonly string[] s_files = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

    /// <summary>The file's text for a container with a network of its own: without servers on the host's loopback, which it does not reach.</summary>
    public static string ReadWithoutLoopback()
    {
        string text = Read(s_files[0]);
        if (NameServers(text).Any(IPAddress.IsLoopback) && !NameServers(text).Any(s => !IPAddress.IsLoopback(s)) && Read(s_files[1]) is { Length: > 0 } real)
            text = real;
        return string.Concat(text.Split('\n').Where(line => line.Length > 0 && !(Server(line) is { } server && IPAddress.IsLoopback(server))).Select(line => line + '\n'));
    }

    /// <summary>The addresses of its servers.</summary>
    public static IEnumerable<IPAddress> NameServers() => NameServers(Read(s_files[0]));

    private static IEnumerable<IPAddress> NameServers(string text) => text.Split('\n').Select(Server).OfType<IPAddress>();

    private static IPAddress? Server(string line)
    {
        string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 1 && words[0] == "nameserver" && IPAddress.TryParse(words[1], out var address) ? address : null;
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
