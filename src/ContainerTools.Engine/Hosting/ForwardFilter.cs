using ContainerTools.Linux.Network;

namespace ContainerTools.Engine.Hosting;

/// <summary>Finds what in the host's packet filter would keep containers from the outside.</summary>
internal static class ForwardFilter
{
    private const int Forward = 2; // NF_INET_FORWARD

    // Where docker's rules have a place for the administrator's, which docker leaves alone.
    private const string DockerUser = "DOCKER-USER";

    private const string Ours = "ct-*";

    /// <summary>
    /// What to say where chains drop forwarded packets by default, as docker's and many firewalls do, and the command that helps; null if there is none, if it was told to accept those of
    /// containers, or if it cannot be known.
    /// </summary>
    public static string? Warning()
    {
        var dropping = new List<FilterChain>();
        var rules = new List<string>();
        foreach (var chain in PacketFilter.Chains().Where(c => c is { Hook: Forward, DropsByDefault: true, Family: "ip" or "ip6" or "inet" }))
        {
            var known = PacketFilter.Rules(chain.Family, chain.Table);
            bool incoming = known.Any(r => Accepts(r) && r is { Incoming: Ours, Outgoing: null }), outgoing = known.Any(r => Accepts(r) && r is { Incoming: null, Outgoing: Ours });
            if (incoming && outgoing)
                continue;
            dropping.Add(chain);
            string place = known.Any(r => r.Chain == chain.Name && r.Jump == DockerUser) ? DockerUser : chain.Name;
            foreach (string direction in new[] { "iifname", "oifname" })
                rules.Add($"insert rule {chain.Family} {chain.Table} {place} {direction} \"{Ours}\" accept");
        }
        return dropping.Count == 0 ? null
            : $"The packet filter drops forwarded packets by default ({string.Join("; ", dropping.Select(c => $"table {c.Family} {c.Table}, chain {c.Name}"))}): containers on networks reach nothing outside, their published ports are not reached from there, and where bridged packets are filtered too they do not reach each other. To have those of containers accepted, until the next boot, run as root: nft '{string.Join("; ", rules)}'";
    }

    private static bool Accepts(FilterRule rule) => rule is { Accepts: true, HasOtherConditions: false };
}
