using ContainerTools.TestSupport;
using static ContainerTools.Host.Tests.Networks.NetworkedHost;

namespace ContainerTools.Host.Tests.Networks;

/// <summary>Other engines and firewalls on the same host.</summary>
[Collection(MachineCollection.Name)]
public sealed class NeighbourTests(NetworkedHost host) : IClassFixture<NetworkedHost>
{
    [Fact]
    public void PodmansContainersAndOursDoNotDisturbEachOther()
    {
        string[] podman = ["podman", "--root", Path.Combine(host.Store.Scratch, "podman"), "--runroot", Path.Combine(host.Store.Scratch, "podman-run"), "--runtime", RepositoryPaths.Ctrun,
            "--cgroup-manager", "cgroupfs", "--events-backend", "file"];
        var archive = Path.Combine(host.Store.Scratch, "podman.tar");
        File.WriteAllBytes(archive, BusyboxImage.LayerTar);
        CommandResult Podman(params string[] arguments) => host.Host.Run(podman[0], [.. podman[1..], .. arguments]);
        Podman("import", "-q", archive, "busybox:latest").Succeeded();
        try
        {
            Podman("run", "-d", "--name", "theirs", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096", "-p", "8110:80", "busybox:latest",
                "sh", "-c", "mkdir -p /tmp/w; echo theirs > /tmp/w/index.html; exec httpd -f -p 80 -h /tmp/w").Succeeded();
            Assert.Equal("theirs", Fetch(host.Outside, Address, 8110));
            var rules = Rules();
            host.Script($"$null = New-Container busybox -Name ours -Network bridge -Publish 8111:80 -- {Server("ours")} | Start-Container");
            Assert.Equal("ours", Fetch(host.Outside, Address, 8111));
            Assert.Equal("theirs", Fetch(host.Outside, Address, 8110));
            // Each other's, by the host's address.
            Assert.Equal(["theirs"], host.Script($"Invoke-ContainerCommand ours -- timeout 5 wget -q -O - http://{Address}:8110/"));
            Assert.Equal("ours", Podman("exec", "theirs", "timeout", "5", "wget", "-q", "-O", "-", $"http://{Address}:8111/").Succeeded().Output.Trim());
            Assert.StartsWith("PortInUse|", host.Script("$null = New-Container busybox -Name second -Network bridge -Publish 8110:80 sleep 1; Attempt { Start-Container second }")[0], StringComparison.Ordinal);
            host.Script("Get-Container | Remove-Container -Force");
            host.Host.Shell("for i in $(seq 100); do nft list tables | grep -q containertools || exit 0; sleep 0.1; done; exit 1");
            Assert.Equal(rules, Rules());
            Assert.Equal("theirs", Fetch(host.Outside, Address, 8110));
        }
        finally
        {
            Podman("rm", "--force", "--time", "0", "--all");
            host.Host.Shell("nft flush ruleset; ip link delete cni-podman0 2>/dev/null; true");
        }
        Assert.Equal(host.Before, host.StateAtRest());

        // Counters aside.
        string Rules() => host.Host.Shell("nft -s list ruleset | sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/'");
    }

    // What dockerd makes at its start, of two bridges one.
    private const string Docker = """
        iptables-nft -P FORWARD DROP
        for chain in DOCKER DOCKER-ISOLATION-STAGE-1 DOCKER-ISOLATION-STAGE-2 DOCKER-USER; do iptables-nft -N $chain; done
        iptables-nft -A FORWARD -j DOCKER-USER
        iptables-nft -A FORWARD -j DOCKER-ISOLATION-STAGE-1
        iptables-nft -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        iptables-nft -A FORWARD -o docker0 -j DOCKER
        iptables-nft -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
        iptables-nft -A FORWARD -i docker0 -o docker0 -j ACCEPT
        iptables-nft -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
        iptables-nft -A DOCKER-ISOLATION-STAGE-1 -j RETURN
        iptables-nft -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
        iptables-nft -A DOCKER-ISOLATION-STAGE-2 -j RETURN
        iptables-nft -A DOCKER-USER -j RETURN
        iptables-nft -t nat -N DOCKER
        iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
        iptables-nft -t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
        iptables-nft -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
        """;

    // As firewalld's: what no zone has accepted is rejected at the end.
    private const string Zones = """
        nft 'table inet firewalld {
            chain filter_FORWARD { type filter hook forward priority filter + 10; policy accept; ct state { established, related } accept; ct status dnat accept; iifname "lo" accept; jump filter_FORWARD_ZONES; ct state invalid drop; reject with icmpx admin-prohibited; }
            chain filter_FORWARD_ZONES { }
        }'
        """;

    private const string Legacy = "iptables-legacy -P FORWARD DROP";

    private const string Wall = "nft 'table ip wall { chain forward { type filter hook forward priority filter; policy drop; }; }'";

    [Theory]
    [InlineData(Wall, "table ip wall, chain forward", "ip wall forward")]
    [InlineData(Docker, "table ip filter, chain FORWARD", "ip filter DOCKER-USER")]
    public void AFirewallThatDropsByDefaultIsToldOfAndCanBeToldOtherwise(string firewall, string chain, string place)
    {
        host.Host.Shell(firewall);
        try
        {
            var lines = host.Script($$"""
                $null = New-Container busybox -Name web -Network bridge -Publish 8120:80 -WarningVariable warnings -- {{Server("hello")}} 3> $null | Start-Container
                $null = New-Container busybox -Name second -Network bridge -WarningVariable again sleep 1 3> $null
                "$warnings"
                "again $($again.Count)"
                "$((Get-ContainerHost).Warnings -like '*drops forwarded packets*')"
                """);
            Assert.Contains(chain, lines[0], StringComparison.Ordinal);
            Assert.Equal("again 0", lines[1]);
            Assert.EndsWith(lines[2], lines[0], StringComparison.Ordinal);
            // What does not pass from one network to another still works.
            Assert.Equal("hello", Fetch(host.Host, "127.0.0.1", 8120));
            Assert.False(Reaches(host.Outside, Address, 8120));
            var rules = Rules();
            var command = lines[2][(lines[2].IndexOf("run as root: ", StringComparison.Ordinal) + "run as root: ".Length)..];
            Assert.Contains($"insert rule {place} iifname \"ct-*\" accept", command, StringComparison.Ordinal);
            host.Host.Shell(command);
            Assert.Equal("hello", Fetch(host.Outside, Address, 8120));
            Assert.Equal(["yes", "hello", "hello", "0"], host.Script($$"""
                Invoke-Container busybox -Network bridge -- sh -c 'ping -c 1 -W 2 {{OutsideAddress}} > /dev/null && echo yes; timeout 5 wget -q -O - http://web/; timeout 5 wget -q -O - http://{{Address}}:8120/'
                @((Get-ContainerHost).Warnings -like '*drops forwarded packets*').Count
                Remove-Container web, second -Force
                """));
            host.Host.Shell($"for direction in i o; do nft -a list chain {place} | sed -n \"s/.*${{direction}}ifname .ct-.*handle //p\" | xargs -n 1 nft delete rule {place} handle; done");
            Assert.Equal(rules, Rules());
        }
        finally
        {
            host.Script("Get-Container | Remove-Container -Force");
            host.Host.Shell("nft flush ruleset");
        }
        Assert.Equal(host.Before, host.StateAtRest());

        // Ours aside, and counters.
        string Rules() => host.Host.Shell("nft -s list ruleset | sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/; /^table inet containertools/,/^}/d'");
    }

    [Theory]
    [InlineData(Zones, "table inet firewalld, chain filter_FORWARD")]
    [InlineData(Legacy, "iptables-legacy, chain FORWARD")]
    public void AFirewallThatRejectsAtTheEndAndTheOlderIptablesAreToldOfToo(string firewall, string chain)
    {
        host.Host.Shell(firewall);
        try
        {
            var ping = $"ping -c 1 -W 2 {OutsideAddress} > /dev/null && echo yes || echo no";
            // An address of its own: a ping of another test would be an established connection still.
            var lines = host.Script($$"""
                $null = New-ContainerNetwork walled -Subnet 10.76.{{chain.Length}}.0/24
                Invoke-Container busybox -Network walled -WarningVariable warnings -- sh -c '{{ping}}' 3> $null
                "$warnings"
                """);
            Assert.Equal("no", lines[0]);
            Assert.Contains(chain, lines[1], StringComparison.Ordinal);
            host.Host.Shell(lines[1][(lines[1].IndexOf("run as root: ", StringComparison.Ordinal) + "run as root: ".Length)..]);
            Assert.Equal(["yes", "0"], host.Script($$"""
                Invoke-Container busybox -Network walled -- sh -c '{{ping}}' 3> $null
                @((Get-ContainerHost).Warnings -like '*drops forwarded packets*').Count
                """));
        }
        finally
        {
            host.Script("Remove-ContainerNetwork walled");
            host.Host.Shell("nft flush ruleset; iptables-legacy -P FORWARD ACCEPT; iptables-legacy -F FORWARD");
        }
        Assert.Equal(host.Before, host.StateAtRest());
    }
}
