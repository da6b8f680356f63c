using System.Net;
using ContainerTools.Linux.Network;
using ContainerTools.TestSupport;

namespace ContainerTools.Linux.Tests.Network;

/// <summary>Compares with what <c>ip</c> says, in network namespaces of the test's own.</summary>
public sealed class RouteSocketTests
{
    [Fact]
    public void MakesABridgeWithAPairIntoAnotherNamespace()
    {
        using var host = new NetworkNamespace();
        using var inside = new NetworkNamespace();
        using var socket = RouteSocket.Open(host.Handle);
        var bridge = new RouteBatch();
        bridge.AddBridge("b0", [2, 0x63, 1, 2, 3, 4], 1400);
        bridge.SetUp("b0", linkLocal: false);
        socket.Execute(bridge);
        var link = socket.FindLink("b0")!;
        Assert.Equal(("bridge", true, "02:63:01:02:03:04"), (link.Kind, link.IsUp, link.Address));

        var pair = new RouteBatch();
        pair.AddAddress(link.Index, IPAddress.Parse("10.9.0.1"), 24);
        pair.AddAddress(link.Index, IPAddress.Parse("fd09::1"), 64);
        pair.AddPair(new VirtualPair { Name = "v0", BridgeIndex = link.Index, PeerName = "eth0", PeerNamespace = inside.Handle, PeerAddress = new byte[] { 2, 0x63, 10, 9, 0, 2 }, Mtu = 1400 });
        pair.SetUp("v0", linkLocal: false);
        socket.Execute(pair);
        using (var other = RouteSocket.Open(inside.Handle))
        {
            var eth0 = other.FindLink("eth0")!;
            Assert.Equal("02:63:0a:09:00:02", eth0.Address);
            Assert.Equal(1400, eth0.Mtu);
            var batch = new RouteBatch();
            batch.SetUp("eth0");
            batch.AddAddress(eth0.Index, IPAddress.Parse("10.9.0.2"), 24);
            batch.AddAddress(eth0.Index, IPAddress.Parse("fd09::2"), 64);
            batch.AddDefaultRoute(eth0.Index, IPAddress.Parse("10.9.0.1"));
            batch.AddDefaultRoute(eth0.Index, IPAddress.Parse("fd09::1"));
            other.Execute(batch);
            Assert.Contains(other.Routes(), r => r.Network.Equals(IPAddress.Any) && r.PrefixLength == 0 && r.Index == eth0.Index);
            Assert.Contains(other.Routes(), r => r.Network.Equals(IPAddress.Parse("10.9.0.0")) && r.PrefixLength == 24);
            Assert.Contains(other.Addresses(), a => a.Address.Equals(IPAddress.Parse("fd09::2")) && a.PrefixLength == 64);
        }

        Assert.Contains("brd 10.9.0.255", inside.Shell("ip address show eth0"), StringComparison.Ordinal);
        Assert.Contains("10.9.0.1", inside.Shell("ip route show default"), StringComparison.Ordinal);
        Assert.DoesNotContain("inet6 fe80", host.Shell("ip address"), StringComparison.Ordinal);
        inside.Shell("busybox ping -c 1 -W 2 10.9.0.1 && busybox ping -c 1 -W 2 fd09::1");

        var end = new RouteBatch();
        end.RemoveLink("v0");
        end.RemoveLink("b0");
        socket.Execute(end);
        Assert.Equal("lo", Assert.Single(socket.Links()).Name);
        Assert.Null(socket.FindLink("b0"));
    }

    [Fact]
    public void MovesALinkAndTakesItFromABridge()
    {
        using var host = new NetworkNamespace();
        using var inside = new NetworkNamespace();
        host.Shell("ip link add b0 type bridge; ip link add v0 type veth peer name v1");
        using var socket = RouteSocket.Open(host.Handle);
        var bridge = socket.FindLink("b0")!;
        var batch = new RouteBatch();
        batch.SetMaster("v0", bridge.Index);
        batch.SetHairpin("v0");
        batch.MoveLink("v1", inside.Handle);
        socket.Execute(batch);
        Assert.Equal(bridge.Index, socket.FindLink("v0")!.MasterIndex);
        Assert.Contains("hairpin on", host.Shell("ip -d link show v0"), StringComparison.Ordinal);
        Assert.Null(socket.FindLink("v1"));
        Assert.Contains("v1", inside.Shell("ip link"), StringComparison.Ordinal);
        batch = new RouteBatch();
        batch.SetMaster("v0", 0);
        socket.Execute(batch);
        Assert.Equal(0, socket.FindLink("v0")!.MasterIndex);
    }

    [Fact]
    public void SaysWhichChangeWasRefused()
    {
        using var host = new NetworkNamespace();
        using var socket = RouteSocket.Open(host.Handle);
        var batch = new RouteBatch();
        batch.AddBridge("b0", [], 0);
        batch.AddBridge("b0", [], 0);
        batch.SetUp("b0");
        var error = Assert.Throws<LinuxException>(() => socket.Execute(batch));
        Assert.Equal(Errno.EEXIST, error.Errno);
        Assert.Contains("make the bridge b0", error.Message, StringComparison.Ordinal);
        Assert.True(socket.FindLink("b0")!.IsUp);
        batch = new RouteBatch();
        batch.AddDefaultRoute(socket.FindLink("b0")!.Index, IPAddress.Parse("10.9.0.1"));
        error = Assert.Throws<LinuxException>(() => socket.Execute(batch));
        // In the kernel's own words.
        Assert.Contains("gateway", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindsATableOfThePacketFilter()
    {
        using var host = new NetworkNamespace();
        Assert.False(PacketFilter.HasTable("mine", host.Handle));
        host.Shell("nft add table inet mine");
        Assert.True(PacketFilter.HasTable("mine", host.Handle));
        Assert.False(PacketFilter.HasTable("other", host.Handle));
    }

    [Theory]
    [InlineData("02:63:0a:c8:00:02", true)]
    [InlineData("2-63-a-C8-0-2", true)]
    [InlineData("02:63:0a:c8:00", false)]
    [InlineData("02:63:0a:c8:00:1g", false)]
    public void ReadsHardwareAddresses(string text, bool valid)
    {
        var address = HardwareAddress.TryParse(text);
        Assert.Equal(valid, address is not null);
        if (valid)
            Assert.Equal("02:63:0a:c8:00:02", HardwareAddress.Format(address));
    }
}
