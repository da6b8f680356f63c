using System.Text;
using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Selinux;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Containers;

/// <summary>The files that a container sees as /etc/hosts, /etc/hostname and /etc/resolv.conf. Every start makes them what they are to be.</summary>
internal static class EtcFiles
{
    private const uint Mode = 0x1A4; // 0644

    public static void Write(ContainerConfiguration configuration)
    {
        if (configuration.HostNamePath is { } hostName)
            WriteFile(configuration, hostName, configuration.HostName + "\n");
        if (configuration.HostsPath is { } hosts)
            WriteFile(configuration, hosts, Hosts(configuration));
        if (configuration.ResolvConfPath is { } resolvConf)
            WriteFile(configuration, resolvConf, ResolvConf(configuration, configuration.Networks.Count > 0 ? HostResolver.ReadWithoutLoopback() : ReadHost("/etc/resolv.conf")));
    }

    /// <summary>Gives a container what another one has, whose network it shares; its own options go before.</summary>
    public static void Share(ContainerConfiguration configuration, ContainerConfiguration other)
    {
        if (configuration.HostsPath is { } hosts && other.HostsPath is { } otherHosts)
            WriteFile(configuration, hosts, ReadHost(otherHosts) + Entries(configuration));
        if (configuration.ResolvConfPath is { } resolvConf && other.ResolvConfPath is { } otherResolvConf)
            WriteFile(configuration, resolvConf, ResolvConf(configuration, ReadHost(otherResolvConf)));
    }

    /// <summary>Gives the files to the container's root, where that is not who writes them.</summary>
    public static void SetOwners(StorePaths paths, ContainerConfiguration configuration)
    {
        if (configuration.IdRange is not { ChangesOwners: true })
            return;
        string?[] files = [configuration.HostNamePath, configuration.HostsPath, configuration.ResolvConfPath];
        OwnedTree.SetOwners(paths, [.. files.OfType<string>().Select(f => (f, Mode))], configuration.RootOnDisk);
    }

    internal static string ResolvConf(ContainerConfiguration configuration, string host)
    {
        if (configuration.Dns.Count == 0 && configuration.DnsSearch.Count == 0 && configuration.DnsOptions.Count == 0)
            return host;
        string[] lines = host.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var text = new StringBuilder();
        if (configuration.DnsSearch.Count == 0)
            Copy("search", "domain");
        // A single '.' means no search domain at all, as in Docker.
        else if (configuration.DnsSearch is not ["."])
            text.Append("search ").AppendJoin(' ', configuration.DnsSearch).Append('\n');
        if (configuration.Dns.Count == 0)
            Copy("nameserver");
        foreach (string server in configuration.Dns)
            text.Append("nameserver ").Append(server).Append('\n');
        if (configuration.DnsOptions.Count == 0)
            Copy("options");
        else
            text.Append("options ").AppendJoin(' ', configuration.DnsOptions).Append('\n');
        return text.ToString();

        void Copy(params string[] keywords)
        {
            foreach (string line in lines.Where(l => keywords.Contains(l.Split(' ', '\t')[0])))
                text.Append(line).Append('\n');
        }
    }

    private static string Hosts(ContainerConfiguration configuration)
    {
        var text = new StringBuilder(configuration.Network == "host"
            ? ReadHost("/etc/hosts")
            : "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n");
        if (text.Length > 0 && text[^1] != '\n')
            text.Append('\n');
        text.Append(Entries(configuration));
        // A host has a name for itself; without a network that can only be loopback.
        if (configuration.Network == "none")
            text.Append("127.0.0.1\t").AppendJoin(' ', HostsFile.NamesOf(configuration.HostName)).Append('\n');
        return text.ToString();
    }

    private static string Entries(ContainerConfiguration configuration)
    {
        var text = new StringBuilder();
        foreach (string entry in configuration.HostEntries)
        {
            int colon = entry.IndexOf(':', StringComparison.Ordinal);
            text.Append(entry.AsSpan(colon + 1)).Append('\t').Append(entry.AsSpan(0, colon)).Append('\n');
        }
        return text.ToString();
    }

    private static string ReadHost(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static void WriteFile(ContainerConfiguration configuration, string path, string content)
    {
        // That of an earlier start may belong to another of the user's ids, to which the container or its map has given it.
        if (UserSession.IsNeeded)
            File.Delete(path);
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        if (!TryMake(path, bytes))
        {
            // What is as it should be is not written again: a file that is shortened and written is brought to the disk at once.
            if (File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes))
                return;
            File.WriteAllBytes(path, bytes);
        }
        if (configuration.MountLabel is { } label)
            FileLabels.Set(path, label);
    }

    private static bool TryMake(string path, byte[] content)
    {
        int descriptor = FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, Mode);
        if (descriptor == -Errno.EEXIST)
            return false;
        using var file = new SafeFileHandle(LinuxException.ThrowIfFailed(descriptor, "open", path), ownsHandle: true);
        // Readable for every user inside, whatever the shell's umask is.
        File.SetUnixFileMode(file, (UnixFileMode)Mode);
        RandomAccess.Write(file, content, 0);
        return true;
    }
}
