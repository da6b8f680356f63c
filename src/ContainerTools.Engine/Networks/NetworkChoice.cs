using System.Net;
using System.Net.Sockets;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Hosting;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Networks;

/// <summary>Settles what networks a new container has.</summary>
internal static class NetworkChoice
{
    private static readonly HashSet<string> s_said = new(StringComparer.Ordinal);

    /// <summary>Begins the mode in which a container shares another one's network.</summary>
    public const string ContainerPrefix = "container:";

    /// <summary>What a container gets that names no network.</summary>
    public static string Default => NetworkStore.DefaultName;

    /// <summary>Checks the options against each other and sets mode, names and ports, as far as that goes without a store.</summary>
    /// <exception cref="ContainerToolsException">NetworkConflict, NetworkOptionWithoutNetwork, InvalidNetworkName, InvalidAddress, InvalidMacAddress, InvalidNetworkAlias, PublishProtocolNotSupported.</exception>
    public static void Begin(ContainerConfiguration configuration, ContainerOptions options)
    {
        List<string> names = [options.Network is { Length: > 0 } first ? first : Default, .. options.FurtherNetworks];
        configuration.Network = names[0];
        configuration.Ports = [.. options.Publish];
        if (options.Publish.FirstOrDefault(p => p.Protocol == "sctp" && (UserSession.IsRootless || p.HostAddress == "::1")) is { } sctp)
        {
            throw Invalid("PublishProtocolNotSupported",
                $"Port {sctp.ContainerPort}/sctp cannot be published {(UserSession.IsRootless ? "for an ordinary user: his ports are" : "on ::1, which is")} forwarded by a process, and that knows tcp and udp only. {(UserSession.IsRootless ? "Run the container as root" : "Publish it on another address")}, or use one of those.", "sctp");
        }
        if (names.Find(IsMode) is { } mode)
        {
            if (names.Count > 1)
                throw Invalid("NetworkConflict", $"The network '{mode}' stands alone: it cannot be combined with {string.Join(", ", names.Where(n => n != mode).Select(n => $"'{n}'"))}.", mode);
            if (options.IPAddresses.Count + options.NetworkAliases.Count + options.Publish.Count > 0 || options.MacAddress is not null)
            {
                string option = options.Publish.Count > 0 ? "-Publish" : options.IPAddresses.Count > 0 ? "-IPAddress" : options.MacAddress is not null ? "-MacAddress" : "-NetworkAlias";
                string reason = mode == "host" ? "the container's ports are the host's" : mode == "none" ? "there is nothing to reach it by" : "the network is the other container's";
                throw Invalid("NetworkOptionWithoutNetwork", $"{option} does not go with the network '{mode}', where {reason}. Name a network with -Network, such as '{NetworkStore.DefaultName}'.", mode);
            }
            return;
        }
        foreach (string name in names)
            configuration.Networks.Add(Settings(name, options));
        configuration.Networks[0].MacAddress = options.MacAddress is { } mac ? CheckMac(mac) : null;
    }

    /// <summary>Looks the networks up, and gives each its addresses.</summary>
    /// <param name="configuration">The container; its networks are named.</param>
    /// <param name="options">What the caller asks for; its warning is called.</param>
    /// <param name="networks">Finds a network.</param>
    /// <exception cref="ContainerToolsException">NetworkNotFound, IPAddressNotInNetwork.</exception>
    public static void Finish(ContainerConfiguration configuration, ContainerOptions options, Func<string, NetworkRecord> networks)
    {
        List<NetworkRecord> records = [.. configuration.Networks.Select(n => networks(n.Name))];
        // Each may have been named by the beginning of its id.
        for (int i = 0; i < records.Count; i++)
            configuration.Networks[i].Name = records[i].Name;
        if (records.Count > 0)
            configuration.Network = records[0].Name;
        if (records.DistinctBy(r => r.Name).Count() < records.Count)
            throw Invalid("NetworkConflict", $"A network is named twice in {string.Join(", ", records.Select(r => r.Name))}.", records[0].Name);
        foreach (string text in options.IPAddresses)
            Give(configuration.Networks, records, ParseAddress(text));
        if (records.Exists(r => !r.Internal))
            Warn(options, records);
    }

    /// <summary>Sets an address of one container in the network whose range it is in.</summary>
    public static void Give(IReadOnlyList<NetworkSettings> settings, List<NetworkRecord> records, IPAddress address)
    {
        int index = records.FindIndex(r => r.ReadSubnets().Exists(s => s.Subnet.Contains(address)));
        if (index < 0)
        {
            throw Invalid("IPAddressNotInNetwork",
                $"{address} is in no range of the container's networks: {string.Join("; ", records.Select(r => $"'{r.Name}' has {string.Join(" and ", r.Subnets.Select(s => s.Subnet))}"))}.", address.ToString());
        }
        // What cannot be a container's address shows now and not at the start.
        _ = AddressChooser.Choose(records[index].Name, records[index].ReadSubnets().Find(s => s.Subnet.Contains(address))!, address, new Dictionary<UInt128, string>());
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            settings[index].IPv6Address = address.ToString();
        else
            settings[index].IPAddress = address.ToString();
    }

    /// <summary>Reads an IP address.</summary>
    public static IPAddress ParseAddress(string text) => IPAddress.TryParse(text, out var address) ? address : throw Invalid("InvalidAddress", $"'{text}' is no IP address.", text);

    /// <summary>Reads a hardware address and writes it as the kernel does.</summary>
    public static string CheckMac(string text) => HardwareAddress.TryParse(text) is { } address && HardwareAddress.IsUnicast(address)
        ? HardwareAddress.Format(address)
        : throw Invalid("InvalidMacAddress", $"'{text}' is no hardware address for a container: six bytes in hexadecimal such as 02:63:00:00:00:01, the first one even.", text);

    /// <summary>Whether a name stands for something else than a network.</summary>
    public static bool IsMode(string name) => name is "none" or "host" || name.StartsWith(ContainerPrefix, StringComparison.Ordinal);

    private static NetworkSettings Settings(string name, ContainerOptions options)
    {
        if (!NetworkName.IsValid(name))
            throw Invalid("InvalidNetwork", $"The network '{name}' is not known: give the name of a network, host, none, or container:NAME.", name);
        return new NetworkSettings { Name = name, Aliases = [.. options.NetworkAliases.Select(NetworkName.CheckAlias)] };
    }

    private static void Warn(ContainerOptions options, List<NetworkRecord> records)
    {
        string names = string.Join("', '", records.Where(r => !r.Internal).Select(r => r.Name));
        if (NftProgram.Find() is null)
        {
            options.Warning?.Invoke($"The program 'nft' is not installed: containers on the network '{names}' reach each other and this host, but nothing else. Install the package 'nftables'.");
            return;
        }
        // Those of an ordinary user's networks are not the host's settings.
        if (UserSession.IsRootless)
            return;
        if (!KernelNetworkSettings.IsForwarding(v6: false))
            WarnOnce(options, $"This host does not pass packets on between interfaces yet: the first container started on such a network ('{names}') switches that on (net.ipv4.ip_forward), and it stays on.");
        if (records.Exists(r => r.ReadSubnets().Exists(s => s.IsIPv6)) && !KernelNetworkSettings.IsForwarding(v6: true))
            WarnOnce(options, $"This host does not pass IPv6 packets on between interfaces yet: the first container started on such a network ('{names}') switches that on (net.ipv6.conf.all.forwarding), and it stays on.");
        if (ForwardFilter.Warning() is { } dropped)
            WarnOnce(options, dropped);
    }

    /// <summary>What concerns the host, and not this container, is said once by a process.</summary>
    private static void WarnOnce(ContainerOptions options, string warning)
    {
        lock (s_said)
        {
            if (options.Warning is { } warn && s_said.Add(warning))
                warn(warning);
        }
    }

    private static ContainerToolsException Invalid(string errorId, string message, string target) => new(errorId, ErrorKind.InvalidArgument, message, target);
}
