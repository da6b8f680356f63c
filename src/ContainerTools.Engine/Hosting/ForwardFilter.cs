using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Hosting;

/// <summary>Finds what in the host's packet filter would keep containers from the outside.</summary>
internal static class ForwardFilter
{
    private const int Forward = 2; // NF_INET_FORWARD

    /// <summary>
    /// What to say where a chain drops forwarded packets by default, as docker's and many firewalls do; null if there is none, or it cannot be known. An exception in it for containers
    /// is not looked for.
    /// </summary>
    public static string? Warning() => PacketFilter.Chains().FirstOrDefault(c => c is { Hook: Forward, DropsByDefault: true, Family: "ip" or "ip6" or "inet" }) is { } chain
        ? $"The packet filter drops forwarded packets by default (table {chain.Family} {chain.Table}, chain {chain.Name}): containers on networks reach nothing outside, and their published ports are not reached from there, unless packets from and to the interfaces ct-* are accepted before. One way: nft insert rule {chain.Family} {chain.Table} {chain.Name} iifname \"ct-*\" accept, and the same with oifname."
        : null;
}
