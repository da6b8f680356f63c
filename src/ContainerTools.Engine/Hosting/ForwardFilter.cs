using ContainerTools.Linux;
using ContainerTools.Linux.Network;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Hosting;

/// <summary>Finds what in the host's packet filter would keep containers from the outside.</summary>
internal static class ForwardFilter
{
    private const int Forward = 2; // NF_INET_FORWARD

    // Where docker's rules have a place for the administrator's, which docker leaves alone.
    private const string DockerUser = "DOCKER-USER";

    private const string Ours = "ct-*";

    /// <summary>
    /// What to say where chains drop forwarded packets by default, as docker's and many firewalls do, and the commands that help; null if there is none, if it was told to accept those of
    /// containers, or if it cannot be known.
    /// </summary>
    public static string? Warning()
    {
        List<string> places = [], commands = [];
        FindTables(places, commands);
        FindLegacy(places, commands, "/proc/net/ip_tables_names", "iptables-legacy");
        FindLegacy(places, commands, "/proc/net/ip6_tables_names", "ip6tables-legacy");
        return places.Count == 0 ? null
            : $"The packet filter drops forwarded packets by default ({string.Join("; ", places)}): containers on networks reach nothing outside, their published ports are not reached from there, and where bridged packets are filtered too they do not reach each other. To have those of containers accepted, until the next boot, run as root: {string.Join("; ", commands)}";
    }

    private static void FindTables(List<string> places, List<string> commands)
    {
        var inserts = new List<string>();
        foreach (var chain in PacketFilter.Chains().Where(c => c is { Hook: Forward, Family: "ip" or "ip6" or "inet" }))
        {
            var known = PacketFilter.Rules(chain.Family, chain.Table);
            if (!chain.DropsByDefault && !EndsInDrop(known, chain.Name))
                continue;
            bool incoming = known.Any(r => Accepts(r) && r is { Incoming: Ours, Outgoing: null }), outgoing = known.Any(r => Accepts(r) && r is { Incoming: null, Outgoing: Ours });
            if (incoming && outgoing)
                continue;
            places.Add($"table {chain.Family} {chain.Table}, chain {chain.Name}");
            string place = known.Any(r => r.Chain == chain.Name && r.Jump == DockerUser) ? DockerUser : chain.Name;
            foreach (string direction in new[] { "iifname", "oifname" })
                inserts.Add($"insert rule {chain.Family} {chain.Table} {place} {direction} \"{Ours}\" accept");
        }
        if (inserts.Count > 0)
            commands.Add($"nft '{string.Join("; ", inserts)}'");
    }

    /// <summary>Whether a chain's last rule is for all that is left, as firewalld's is.</summary>
    private static bool EndsInDrop(IReadOnlyList<FilterRule> rules, string chain) =>
        rules.LastOrDefault(r => r.Chain == chain) is { Drops: true, Incoming: null, Outgoing: null, HasOtherConditions: false };

    /// <summary>The older iptables, whose tables the kernel keeps apart. Only it itself reads them.</summary>
    private static void FindLegacy(List<string> places, List<string> commands, string names, string program)
    {
        const string AcceptIncoming = "-A FORWARD -i ct-+ -j ACCEPT", AcceptOutgoing = "-A FORWARD -o ct-+ -j ACCEPT";
        try
        {
            // Asked of a table that nobody uses, the program would make the kernel load it.
            if (!File.Exists(names) || !File.ReadLines(names).Contains("filter", StringComparer.Ordinal) || InstalledProgram.Find(program) is not { } path)
                return;
            string[] rules = ChildOutput.Read(path, [program, "-S", "FORWARD"]).Output.Split('\n');
            if (!rules.Contains("-P FORWARD DROP", StringComparer.Ordinal) && !rules.Any(r => r is "-A FORWARD -j DROP" || r.StartsWith("-A FORWARD -j REJECT", StringComparison.Ordinal)))
                return;
            if (rules.Contains(AcceptIncoming, StringComparer.Ordinal) && rules.Contains(AcceptOutgoing, StringComparer.Ordinal))
                return;
            places.Add($"{program}, chain FORWARD");
            commands.Add($"{program} -I FORWARD -i ct-+ -j ACCEPT; {program} -I FORWARD -o ct-+ -j ACCEPT");
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            // It cannot be known.
        }
    }

    private static bool Accepts(FilterRule rule) => rule is { Accepts: true, HasOtherConditions: false };
}
