using ContainerTools.TestSupport;
using static ContainerTools.Host.Tests.Networks.NetworkedHost;

namespace ContainerTools.Host.Tests.Networks;

[Collection(MachineCollection.Name)]
public sealed class NameTests(NetworkedHost host) : IClassFixture<NetworkedHost>
{
    [Theory]
    [InlineData("bridge")]
    [InlineData("names")]
    public void ContainersKnowEachOtherByNameAliasAndId(string network)
    {
        var lines = host.Script($$"""
            if ('{{network}}' -ne 'bridge') { $null = New-ContainerNetwork {{network}} }
            $web = New-Container busybox -Name web -Network {{network}} -NetworkAlias www, w3 -- {{Server("hello")}} | Start-Container -PassThru
            $client = New-Container busybox -Name client -Network {{network}} -HostEntry extra:192.0.2.9 sleep 1000 | Start-Container -PassThru
            function Inside([string] $Command) { Invoke-ContainerCommand client -- sh -c $Command }
            $inode = Inside 'stat -c %i /etc/hosts'
            Inside 'echo 192.0.2.10 mine >> /etc/hosts'
            foreach ($name in 'web', 'www', 'w3', $web.ShortId) { "$name " + (Inside "timeout 5 wget -q -O - http://$name/") }
            'web sees client ' + (Invoke-ContainerCommand web -- sh -c 'grep -c "client" /etc/hosts')
            'own name ' + (Inside 'getent hosts $(hostname) 2>/dev/null | cut -d" " -f1 || true; grep -c "$(hostname)" /etc/hosts')
            Stop-Container web -Timeout 0
            'after stop ' + (Inside 'grep -c web /etc/hosts; true')
            $null = New-Container busybox -Name between -Network {{network}} sleep 1000 | Start-Container -PassThru
            Start-Container web
            'again ' + (Inside 'timeout 5 wget -q -O - http://web/')
            'kept ' + (Inside 'grep -c -e mine -e extra /etc/hosts')
            'same inode ' + ((Inside 'stat -c %i /etc/hosts') -eq $inode)
            'lines ' + (Inside 'grep -c web /etc/hosts')
            'address ' + ((Get-Container web).IPAddress.ToString() -eq (Inside 'grep web /etc/hosts | cut -f1'))
            Rename-Container web site
            'renamed ' + (Inside 'timeout 5 wget -q -O - http://site/; grep -c web /etc/hosts')
            Get-Container | Remove-Container -Force
            if ('{{network}}' -ne 'bridge') { Remove-ContainerNetwork {{network}} }
            """);
        Assert.Equal(["web hello", "www hello", "w3 hello"], lines.Take(3));
        Assert.EndsWith(" hello", lines[3], StringComparison.Ordinal);
        Assert.Equal(["web sees client 1", "own name 1", "after stop 0", "again hello", "kept 2", "same inode True", "lines 1", "address True", "renamed hello 0"], lines.Skip(4));
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void WithoutANameTheNetworkIsTheOneMadeOnFirstUse()
    {
        var lines = host.Script("""
            $PSDefaultParameterValues.Clear()
            $container = New-Container busybox sleep 1
            "$($container.Networks)"
            Remove-Container $container
            Invoke-Container busybox -- sh -c 'ls /sys/class/net | tr "\n" " "; grep -c eth0 /proc/net/route'
            "$((Get-ContainerNetwork bridge).IsDefault)"
            """);
        Assert.Equal(["bridge", "eth0 lo 2", "True"], lines);
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void ResolversAreTheHostsWithoutLoopbackUnlessOthersAreGiven()
    {
        var expected = File.ReadLines("/etc/resolv.conf").Where(l => l.StartsWith("nameserver", StringComparison.Ordinal) && !l.Contains(" 127.", StringComparison.Ordinal));
        var lines = host.Script("""
            Invoke-Container busybox -Network bridge -- sh -c 'grep nameserver /etc/resolv.conf; echo .'
            Invoke-Container busybox -Network bridge -Dns 192.0.2.53 -DnsSearch a.test, b.test -DnsOption ndots:2 -- cat /etc/resolv.conf
            """);
        Assert.Equal([.. expected, ".", "search a.test b.test", "nameserver 192.0.2.53", "options ndots:2"], lines);
    }
}
