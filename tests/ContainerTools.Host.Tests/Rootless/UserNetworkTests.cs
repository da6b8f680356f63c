using ContainerTools.Host.Tests.Networks;
using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.Rootless;

/// <summary>Networks of a user who is not root, on a host that a network namespace plays.</summary>
[Collection(MachineCollection.Name)]
public sealed class UserNetworkTests : IDisposable
{
    private const string Address = "192.0.2.1", OutsideAddress = "192.0.2.2";

    private readonly NetworkNamespace _host = new(), _outside = new();
    private readonly OrdinaryUser _user;

    public UserNetworkTests()
    {
        NetworkNamespace.Connect(_host, Address + "/24", _outside, OutsideAddress + "/24");
        _host.Shell($"ip route add default via {OutsideAddress}");
        _user = new OrdinaryUser(host: _host);
        var archive = Path.Combine(_user.Store.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);
        Command.Run("chmod", "644", archive).Succeeded();
        _user.Script($"$null = Import-Image '{archive}'").Succeeded();
    }

    [Fact]
    public void ContainersReachEachOtherAndAreReached()
    {
        var before = _host.Shell("ip -o link | cut -d: -f2; nft list tables; cat /proc/sys/net/ipv4/ip_forward");
        var result = _user.Script($$"""
            $web = New-Container busybox -Name web -Network bridge -Publish 8080:80, 127.0.0.1:8081:80, 80 -- {{NetworkedHost.Server("hello")}} | Start-Container -PassThru
            "$($web.Ports)"
            Invoke-Container busybox -Network bridge -- sh -c 'wget -qO- http://web; printf "GET / HTTP/1.0\r\n\r\n" | nc -w 5 {{Address}} 8080 | tail -n 1'
            $null = New-ContainerNetwork app -Subnet 10.99.0.0/24
            Connect-ContainerNetwork app web
            Invoke-Container busybox -Network app -- wget -qO- http://web
            Disconnect-ContainerNetwork app web; Remove-ContainerNetwork app
            Attempt { New-Container busybox -Name taken -Network bridge -Publish 8080:80 true | Start-Container }
            Attempt { New-Container busybox -Name low -Network bridge -Publish 80:80 true | Start-Container }
            """).Succeeded();
        Assert.Equal(["hello", "hello", "hello"], result.Lines.Skip(1).Take(3));
        Assert.StartsWith("PortInUse|", result.Lines[4], StringComparison.Ordinal);
        Assert.Matches(@"^PortNotPermitted\|PermissionDenied\|.*ip_unprivileged_port_start", result.Lines[5]);
        Assert.Equal("hello", NetworkedHost.Fetch(_host, "127.0.0.1", 8080));
        Assert.Equal("hello", NetworkedHost.Fetch(_host, "127.0.0.1", 8081));
        Assert.Equal("hello", NetworkedHost.Fetch(_outside, Address, 8080));
        Assert.False(NetworkedHost.Reaches(_outside, Address, 8081));
        Assert.False(NetworkedHost.CanBind(_host, "0.0.0.0", 8080));
        // Nothing of the host's is touched.
        Assert.Equal(before, _host.Shell("ip -o link | cut -d: -f2; nft list tables; cat /proc/sys/net/ipv4/ip_forward"));
        Assert.Equal("Running", _user.Script("(Restart-Container web -Timeout 0 -PassThru).State").Succeeded().Output.Trim());
        Assert.Equal("hello", NetworkedHost.Fetch(_outside, Address, 8080));
        _user.Script("Remove-Container * -Force").Succeeded();
        Assert.False(NetworkedHost.Reaches(_host, "127.0.0.1", 8080));
        // The session ends a little after the last container.
        Assert.True(SpinWait.SpinUntil(() => _user.Processes().All(line => line.Contains("<defunct>", StringComparison.Ordinal)), TimeSpan.FromSeconds(20)), string.Join('\n', _user.Processes()));
    }

    [Fact]
    public void ForwardedPortsCarryAnyTrafficAndFollowTheContainer()
    {
        // Echoes datagrams; of connections the first byte says what becomes of them.
        const string server = """
            import hashlib, socket, struct, threading
            def serve(c):
                kind, digest = c.recv(1), hashlib.sha256()
                if kind == b'r':
                    c.sendall(b'said')
                    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                while kind == b'h':
                    data = c.recv(1 << 20)
                    if not data:
                        c.sendall(digest.digest())
                        break
                    digest.update(data)
                c.close()
            def echo():
                while True:
                    u.sendto(*u.recvfrom(1 << 16))
            t = socket.create_server(('::', 7000), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1000)
            u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            u.bind(('::', 5000))
            threading.Thread(target=echo, daemon=True).start()
            print('ready', flush=True)
            while True:
                threading.Thread(target=serve, args=t.accept()[:1], daemon=True).start()
            """;
        const string client = """
            import hashlib, os, socket, sys
            host = sys.argv[1]
            family = socket.AF_INET6 if ':' in host else socket.AF_INET
            def senders(port, count):
                sockets = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(count)]
                for s in sockets:
                    s.settimeout(5)
                    s.connect((host, port))
                return sockets
            # To one whose server is not there yet, and then to all.
            for s in senders(5001, 2):
                s.send(b'lost')
            sockets = senders(5000, 20)
            for size in 0, 1, 1473, 9000, 65507:
                sent = [os.urandom(size) for _ in sockets]
                for s, data in zip(sockets, sent):
                    s.send(data)
                    if size > 2000:
                        assert s.recv(1 << 16) == data, size
                if size <= 2000:
                    assert [s.recv(1 << 16) for s in sockets] == sent, size
            many = [socket.create_connection((host, 7000), 20) for _ in range(300)]
            for i, c in enumerate(many):
                c.sendall(b'h' + str(i).encode())
                c.shutdown(socket.SHUT_WR)
            for i, c in enumerate(many):
                assert c.recv(100) == hashlib.sha256(str(i).encode()).digest(), i
            for blocks in range(1, 64, 3):
                data = os.urandom(blocks << 16)
                with socket.create_connection((host, 7000), 20) as c:
                    c.sendall(b'h' + data[1:])
                    c.shutdown(socket.SHUT_WR)
                    assert c.recv(100) == hashlib.sha256(data[1:]).digest(), blocks
            for port, said in (7000, b'said'), (7001, b''):
                got = b''
                try:
                    c = socket.create_connection((host, port), 20)
                    c.sendall(b'r')
                    while data := c.recv(100):
                        got += data
                    print('orderly')
                except ConnectionResetError:
                    assert got == said, got
            print('all')
            """;
        const string address6 = "2001:db8::1";
        _host.Shell($"for a in {address6} 2001:db8::7; do ip address add $a/64 dev cable0 nodad; done; ip address add 192.0.2.7/24 dev cable0");
        _outside.Shell("ip address add 2001:db8::2/64 dev cable0 nodad");
        var pid = _user.Script($$"""
            $null = New-ContainerNetwork four; $null = New-ContainerNetwork six -IPv6
            (New-Container busybox -Name web -Network six, four -Publish 7000-7001:7000-7001, 5000-5001:5000-5001/udp sleep 1000 | Start-Container -PassThru).Pid
            Attempt { New-Container busybox -Publish 9899:7/sctp true }
            """).Succeeded();
        Assert.StartsWith("PublishProtocolNotSupported|", pid.Lines[1], StringComparison.Ordinal);
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("nsenter", ["-t", pid.Lines[0], "-n", "--", "python3", "-c", server]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.Equal("ready", process.StandardOutput.ReadLine());
            // Answers come from the address that was asked.
            foreach (var asked in new[] { Address, address6 })
                Assert.Equal("all", Ask(_outside, asked));
            using var sender = new DatagramClient(_outside, "192.0.2.7", 5000);
            using var sender6 = new DatagramClient(_outside, "2001:db8::7", 5000);
            Assert.Equal(("before", "before"), (sender.Ask("before"), sender6.Ask("before")));
            _user.Script("Disconnect-ContainerNetwork six web").Succeeded();
            Assert.Equal("after", sender.Ask("after"));
            Assert.Equal("all", Ask(_outside, Address));
            // What 'four' has no address for waits.
            _user.Script("Connect-ContainerNetwork six web").Succeeded();
            Assert.Equal("again", sender6.Ask("again"));
            Assert.Equal("still", sender.Ask("still"));
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
        // A lost container's ports are free, for a shell that has not looked at it.
        var monitor = _user.Processes().Single(line => line.Contains("ctrun monitor", StringComparison.Ordinal)).Trim().Split(' ')[0];
        Command.Run("kill", "-KILL", monitor).Succeeded();
        var next = _user.Script($"""
            $null = New-Container busybox -Name next -Network four -Publish 7000:80 -- {NetworkedHost.Server("next")} | Start-Container
            (Get-Container web).State
            """).Succeeded();
        Assert.Equal("Exited", next.Output.Trim());
        Assert.Equal("next", NetworkedHost.Fetch(_outside, Address, 7000));
        _user.Script("Remove-Container web, next -Force; Remove-ContainerNetwork four, six").Succeeded();

        static string Ask(NetworkNamespace from, string host) => from.Run("python3", "-c", client, host).Succeeded().Output.Trim();
    }

    [Theory]
    [InlineData("pasta")]
    [InlineData("slirp4netns")]
    public void TheOutsideIsReached(string program)
    {
        if (program == "slirp4netns")
            _user.Hidden.Add("/usr/bin/pasta");
        using var server = new Listener(_outside, 9000);
        var result = _user.Script($"Invoke-Container busybox -Network bridge -- sh -c 'nc -w 5 {OutsideAddress} 9000 </dev/null && echo reached; ip -o -4 address show eth0 | wc -l'").Succeeded();
        Assert.Equal(["reached", "1"], result.Lines);
        // By a socket of the host's.
        Assert.Equal(Address, server.Peer());
        Assert.Contains(_user.Processes(), line => line.Contains(program == "pasta" ? "passt" : program, StringComparison.Ordinal) || line.Contains(program, StringComparison.Ordinal));
    }

    [Fact]
    public void WithoutAProgramTheErrorNamesThePackage()
    {
        _user.Hidden.Add("/usr/bin/pasta");
        _user.Hidden.Add("/usr/bin/slirp4netns");
        var result = _user.Script("Attempt { Invoke-Container busybox -Network bridge true }; Invoke-Container busybox -Network none echo none").Succeeded();
        Assert.Matches(@"^NetworkProgramMissing\|ObjectNotFound\|.*'passt'", result.Lines[0]);
        Assert.Equal("none", result.Lines[1]);
    }

    public void Dispose()
    {
        _user.Dispose();
        _outside.Dispose();
        _host.Dispose();
    }
}
