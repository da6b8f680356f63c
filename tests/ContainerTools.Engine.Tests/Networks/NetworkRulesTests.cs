using System.Net;
using ContainerTools.Engine.Networks;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Networks;

public sealed class NetworkRulesTests
{
    [Theory]
    [InlineData("80", null, 0, 1, 80, 1, "tcp")]
    [InlineData("8080:80", null, 8080, 1, 80, 1, "tcp")]
    [InlineData("127.0.0.1:8080:80/TCP", "127.0.0.1", 8080, 1, 80, 1, "tcp")]
    [InlineData("127.0.0.1::80", "127.0.0.1", 0, 1, 80, 1, "tcp")]
    [InlineData("[fd00::1]:53:53/udp", "fd00::1", 53, 1, 53, 1, "udp")]
    [InlineData("8000-8009:9000-9009/sctp", null, 8000, 1, 9000, 10, "sctp")]
    [InlineData("8000-8009:80", null, 8000, 10, 80, 1, "tcp")]
    [InlineData("0:80", null, 0, 1, 80, 1, "tcp")]
    public void ReadsPublications(string text, string? address, int hostPort, int choices, int containerPort, int count, string protocol)
    {
        var read = PublishParser.Parse(text);
        Assert.Equal((address, hostPort, choices, containerPort, count, protocol), (read.HostAddress, read.HostPort, read.HostChoices, read.ContainerPort, read.Count, read.Protocol));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":80")]
    [InlineData("80:")]
    [InlineData("fd00::1:53:53")]
    [InlineData("[fd00::1]:53")]
    [InlineData("1-2-3:80")]
    [InlineData("90-80:90-80")]
    [InlineData("-1:80")]
    public void RefusesOtherPublications(string text) => Assert.Equal("InvalidPublish", Assert.Throws<ContainerToolsException>(() => PublishParser.Parse(text)).ErrorId);

    [Fact]
    public void ChoosesTheLowestFreeAddress()
    {
        var subnet = new NetworkSubnet(IPNetwork.Parse("10.1.0.0/29"), IPAddress.Parse("10.1.0.3"), null);
        var taken = new Dictionary<UInt128, string>();
        List<string> given = [];
        while (AddressChooser.Choose("n", subnet, null, taken) is { } address)
        {
            given.Add(address.ToString());
            taken[AddressNumbers.ToNumber(address)] = "x";
        }
        Assert.Equal(["10.1.0.1", "10.1.0.2", "10.1.0.4", "10.1.0.5", "10.1.0.6"], given);
        var ranged = subnet with { IPRange = IPNetwork.Parse("10.1.0.4/31") };
        Assert.Equal("10.1.0.4", AddressChooser.Choose("n", ranged, null, new Dictionary<UInt128, string>())!.ToString());
        var six = new NetworkSubnet(IPNetwork.Parse("fd00::/64"), IPAddress.Parse("fd00::1"), null);
        Assert.Equal("fd00::2", AddressChooser.Choose("n", six, null, new Dictionary<UInt128, string>())!.ToString());
        foreach (string wrong in new[] { "10.1.0.0", "10.1.0.3", "10.1.0.7", "10.1.0.8" })
            Assert.Equal("IPAddressNotInNetwork", Assert.Throws<ContainerToolsException>(() => AddressChooser.Choose("n", subnet, IPAddress.Parse(wrong), taken)).ErrorId);
    }

    [Fact]
    public void ChoosesARangeThatNothingElseHasUntilNoneIsLeft()
    {
        List<(IPNetwork, string)> taken = [(IPNetwork.Parse("10.200.0.0/14"), "the host's interface eth0"), (IPNetwork.Parse("172.24.16.0/24"), "the network 'a'")];
        Assert.Equal("10.204.0.0/20", new SubnetChooser(taken).ChooseIPv4().ToString());
        taken.Add((IPNetwork.Parse("10.0.0.0/8"), "the host's interface eth1"));
        taken.Add((IPNetwork.Parse("172.24.0.0/21"), "the network 'b'"));
        Assert.Equal("172.24.32.0/20", new SubnetChooser(taken).ChooseIPv4().ToString());
        taken.Add((IPNetwork.Parse("172.16.0.0/12"), "x"));
        taken.Add((IPNetwork.Parse("192.168.0.0/16"), "y"));
        Assert.Equal("SubnetsExhausted", Assert.Throws<ContainerToolsException>(() => new SubnetChooser(taken).ChooseIPv4()).ErrorId);
    }

    [Fact]
    public void WhatAnEarlierBootLeftCountsForNothing()
    {
        using var directory = new TemporaryDirectory();
        using (var table = LeaseTable.Lock(directory))
        {
            table.Entries.Add(new NetworkLease { ContainerId = "c", Network = "n", Bridge = "ct-1", IPv4 = IPAddress.Parse("10.1.0.2"), Names = ["web", "c"], Published = [new PublishedRange("tcp", IPAddress.Any, 80, 8080, 2)] });
            table.Bridges.Add("ct-1");
            table.Save();
        }
        var read = LeaseTable.Read(directory);
        Assert.Equal("10.1.0.2\tweb c", Assert.Single(read.Entries[0].HostLines()));
        Assert.Equal("10.1.0.2\tfront.example.org front web c", Assert.Single((read.Entries[0] with { HostName = "front.example.org" }).OwnHostLines()));
        Assert.Equal(["0.0.0.0:80->8080/tcp", "0.0.0.0:81->8081/tcp"], read.Entries[0].Published[0].ToMappings().Select(m => m.ToString()));
        Assert.Contains("ct-1", read.Bridges);
        string file = directory["networks/leases"];
        File.WriteAllText(file, "another-boot" + File.ReadAllText(file)[36..]);
        read = LeaseTable.Read(directory);
        Assert.Empty(read.Entries);
        Assert.Empty(read.Bridges);
    }

    [Fact]
    public void ChangesAHostsFileInPlaceAndKeepsOthersLines()
    {
        using var directory = new TemporaryDirectory();
        string file = directory["hosts"];
        File.WriteAllText(file, "127.0.0.1\tlocalhost\n10.1.0.2\tweb\nmine without an end");
        using var open = File.OpenRead(file);
        HostsFile.Change(file, ["10.1.0.2\tweb"], ["10.1.0.3\tdb"]);
        Assert.Equal("127.0.0.1\tlocalhost\nmine without an end\n10.1.0.3\tdb\n", new StreamReader(open).ReadToEnd());
        HostsFile.Change(file, ["10.1.0.3\tdb"], []);
        Assert.Equal("127.0.0.1\tlocalhost\nmine without an end\n", File.ReadAllText(file));
        HostsFile.Change(directory["none"], [], ["x"]);
        Assert.False(File.Exists(directory["none"]));
    }
}
