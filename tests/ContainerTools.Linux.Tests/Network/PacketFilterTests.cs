using System.Net;
using ContainerTools.Linux.Network;
using ContainerTools.TestSupport;

namespace ContainerTools.Linux.Tests.Network;

/// <summary>Compares with what <c>nft</c> does and lists, in a network namespace of the test's own.</summary>
public sealed class PacketFilterTests
{
    private const string Maps = """
        {
         map ports4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
         map address_ports6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }
        }
        """;

    [Fact]
    public void ElementsAreAsIfNftHadMadeThem()
    {
        using var host = new NetworkNamespace();
        Nft(host, $"table inet theirs {Maps}\ntable inet ours {Maps}");
        Nft(host, """
            add element inet theirs ports4 { tcp . 8080 : 10.1.0.2 . 80, udp . 53 : 10.1.0.2 . 5353, sctp . 65535 : 10.1.0.3 . 1 }
            add element inet theirs address_ports6 { fd00::1 . tcp . 8080 : fd00:1::2 . 80 }
            """);
        var batch = new PacketFilterBatch("ours");
        batch.Change("ports4", remove: false, [Element(null, "tcp", 8080, "10.1.0.2", 80), Element(null, "udp", 53, "10.1.0.2", 5353), Element(null, "sctp", 65535, "10.1.0.3", 1)]);
        batch.Change("address_ports6", remove: false, [Element("fd00::1", "tcp", 8080, "fd00:1::2", 80)]);
        PacketFilter.Execute(batch, host.Handle);
        Assert.Equal(List(host, "theirs"), List(host, "ours"));

        Nft(host, "delete element inet theirs ports4 { udp . 53 }");
        batch = new PacketFilterBatch("ours");
        batch.Change("ports4", remove: true, [Element(null, "udp", 53, "0.0.0.0", 0)]);
        PacketFilter.Execute(batch, host.Handle);
        Assert.Equal(List(host, "theirs"), List(host, "ours"));
        Assert.DoesNotContain("udp", List(host, "ours"), StringComparison.Ordinal);
    }

    [Fact]
    public void AChangeIsMadeAsAWholeOrNotAtAll()
    {
        using var host = new NetworkNamespace();
        Nft(host, $"table inet ours {Maps}");
        var before = List(host, "ours");
        foreach (var wrong in new[] { "missing", "address_ports6" })
        {
            var batch = new PacketFilterBatch("ours");
            batch.Change("ports4", remove: false, [Element(null, "tcp", 8080, "10.1.0.2", 80)]);
            batch.Change(wrong, remove: true, [Element("fd00::1", "tcp", 1, "::", 0)]);
            var error = Assert.Throws<LinuxException>(() => PacketFilter.Execute(batch, host.Handle));
            Assert.Equal(Errno.ENOENT, error.Errno);
            Assert.Contains(wrong, error.Message, StringComparison.Ordinal);
            Assert.Equal(before, List(host, "ours"));
        }
        var absent = new PacketFilterBatch("absent");
        absent.Change("ports4", remove: false, [Element(null, "tcp", 8080, "10.1.0.2", 80)]);
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => PacketFilter.Execute(absent, host.Handle)).Errno);
        PacketFilter.Execute(new PacketFilterBatch("absent"), host.Handle);
    }

    [Fact]
    public void ManyElementsGoInOneChange()
    {
        using var host = new NetworkNamespace();
        Nft(host, $"table inet ours {Maps}");
        var batch = new PacketFilterBatch("ours");
        batch.Change("address_ports6", remove: false, Enumerable.Range(1, 3000).Select(port => Element("fd00::1", "tcp", port, "fd00:1::2", port)));
        PacketFilter.Execute(batch, host.Handle);
        Assert.Equal("3000", host.Shell("nft list map inet ours address_ports6 | grep -c 'fd00::1 . tcp'"));
    }

    [Fact]
    public void TellsTheChainsThatTheKernelHandsPacketsTo()
    {
        using var host = new NetworkNamespace();
        Assert.Empty(PacketFilter.Chains(host.Handle));
        Nft(host, """
            table inet own {
             chain forward { type filter hook forward priority filter; policy accept; }
             chain called { accept; }
            }
            table ip6 wall { chain in { type filter hook input priority filter; policy drop; }; }
            """);
        host.Shell("iptables-nft -P FORWARD DROP");
        var chains = PacketFilter.Chains(host.Handle);
        Assert.Equal([new FilterChain("inet", "own", "forward", 2, false), new FilterChain("ip6", "wall", "in", 1, true)], chains.Where(c => c.Table != "filter"));
        Assert.Equal(new FilterChain("ip", "filter", "FORWARD", 2, true), Assert.Single(chains, c => c is { Table: "filter", DropsByDefault: true }));
    }

    [Fact]
    public void TellsWhichInterfacesRulesAreAbout()
    {
        using var host = new NetworkNamespace();
        Assert.Empty(PacketFilter.Rules("ip", "filter", host.Handle));
        host.Shell("iptables-nft -N USER; iptables-nft -A USER -i ct-+ -j ACCEPT; iptables-nft -A FORWARD -j USER; iptables-nft -A FORWARD -o eth0 -p tcp -j DROP");
        Nft(host, "insert rule ip filter USER oifname \"ct-*\" iifname != \"lo\" accept");
        Nft(host, "table ip6 filter { chain USER { accept; }; chain last { counter reject; }; }");
        Assert.Equal(
            [
                new FilterRule("FORWARD", null, null, false, false, "USER", false), new FilterRule("FORWARD", null, "eth0", false, true, null, true),
                new FilterRule("USER", null, "ct-*", true, false, null, true), new FilterRule("USER", "ct-*", null, true, false, null, false),
            ],
            PacketFilter.Rules("ip", "filter", host.Handle).OrderBy(r => r.Chain));
        Assert.Equal([new FilterRule("USER", null, null, true, false, null, false), new FilterRule("last", null, null, false, true, null, false)], PacketFilter.Rules("ip6", "filter", host.Handle));
    }

    private static (byte[] Key, byte[] Value) Element(string? address, string protocol, int port, string target, int targetPort) =>
        (PacketFilterBatch.Join(address is null ? null : IPAddress.Parse(address), TransportProtocol.Number(protocol), port), PacketFilterBatch.Join(IPAddress.Parse(target), null, targetPort));

    private static void Nft(NetworkNamespace host, string script) => host.Run("nft", script).Succeeded();

    private static string List(NetworkNamespace host, string table) => host.Shell($"nft list table inet {table} | tail -n +2");
}
