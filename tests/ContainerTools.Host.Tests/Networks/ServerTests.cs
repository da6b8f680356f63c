using ContainerTools.TestSupport;
using static ContainerTools.Host.Tests.Networks.NetworkedHost;

namespace ContainerTools.Host.Tests.Networks;

/// <summary>Servers and protocols as they are in the world.</summary>
[Collection(MachineCollection.Name)]
public sealed class ServerTests(NetworkedHost host) : IClassFixture<NetworkedHost>
{
    // This machine's own Debian, seen by the container.
    private const string Debian = "-Volume /usr:/usr:ro, /lib:/lib:ro, /lib64:/lib64:ro, /etc/passwd:/etc/passwd:ro, /etc/group:/etc/group:ro";

    [Fact]
    public void NginxServesTheHostOtherHostsAndNeighbours()
    {
        var site = Path.Combine(host.Store.Scratch, "site");
        Directory.CreateDirectory(site);
        File.WriteAllText(Path.Combine(site, "nginx.conf"), """
            user www-data; daemon off; pid /tmp/nginx.pid; error_log /dev/stderr; worker_processes 2;
            events { }
            http {
              access_log /dev/stdout; client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi; uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
              server { listen 80; location / { return 200 "nginx for $remote_addr"; } location /large { root /site; } }
            }
            """);
        var large = new byte[32 << 20];
        Random.Shared.NextBytes(large);
        File.WriteAllBytes(Path.Combine(site, "large"), large);
        foreach (var file in new[] { site, Path.Combine(site, "nginx.conf"), Path.Combine(site, "large") })
            File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(large));
        var lines = host.Script($$"""
            $web = New-Container busybox -Name web -Network bridge -Publish 8100:80 {{Debian}}, '{{site}}:/site:ro' -- /usr/sbin/nginx -c /site/nginx.conf | Start-Container -PassThru
            "$($web.IPAddress)"
            (Get-ContainerNetwork bridge).Subnets[0].Gateway.ToString()
            $client = New-Container busybox -Name client -Network bridge sleep 1000 | Start-Container -PassThru
            "$($client.IPAddress)"
            """);
        var (web, gateway, client) = (lines[0], lines[1], lines[2]);
        // Who asks is seen as it is, but where packets must come back by this host.
        Assert.Equal($"nginx for {OutsideAddress}", Fetch(host.Outside, Address, 8100));
        Assert.Equal($"nginx for {Address}", Fetch(host.Host, Address, 8100));
        Assert.Equal($"nginx for {gateway}", Fetch(host.Host, "127.0.0.1", 8100));
        Assert.Equal($"nginx for {gateway}", Fetch(host.Host, web, 80));
        foreach (var from in new[] { host.Host, host.Outside })
            Assert.Equal($"{digest}  -", from.Shell($"curl -s --max-time 30 http://{Address}:8100/large | sha256sum"));
        Assert.Equal([$"nginx for {client}", $"nginx for {gateway}", $"{digest}  -", "and to the log"], host.Script($$"""
            Invoke-ContainerCommand client -- sh -c 'timeout 5 wget -q -O - http://web/; echo; timeout 5 wget -q -O - http://{{Address}}:8100/; echo; timeout 30 wget -q -O - http://{{Address}}:8100/large | sha256sum; echo "and to the log" > /dev/stdout'
            """));
        Assert.Contains($"{OutsideAddress} - - ", host.Script("(Get-ContainerLog web).Message; Get-Container | Remove-Container -Force")[0], StringComparison.Ordinal);
        Assert.Equal(host.Before, host.StateAtRest());
    }

    [Fact]
    public void SctpIsLedToTheContainerAndBack()
    {
        // Many kernels have no sockets for SCTP and translate its packets nevertheless: so the two sides write the packets themselves.
        const string packets = """
            import socket, struct, sys
            def crc32c(data):
                crc = 0xffffffff
                for byte in data:
                    crc ^= byte
                    for _ in range(8):
                        crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
                return crc ^ 0xffffffff
            def packet(source, destination, tag, chunk):
                head = struct.pack('>HHI', source, destination, tag)
                return head + struct.pack('<I', crc32c(head + bytes(4) + chunk)) + chunk
            def init(kind, tag):
                return struct.pack('>BBHIIHHI', kind, 0, 20, tag, 65536, 1, 1, 1)
            def receive(s):
                data = s.recv(2048)[20:]
                assert struct.unpack('<I', data[8:12])[0] == crc32c(data[:8] + bytes(4) + data[12:]), 'checksum'
                return struct.unpack('>HHI', data[:8]) + (data[12], struct.unpack('>I', data[16:20])[0])
            s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 132)
            s.settimeout(10)

            """;
        const string server = packets + """
            print('ready', flush=True)
            while True:
                data, (address, _) = s.recvfrom(2048)
                source, destination, tag, kind, peer = struct.unpack('>HHI', data[20:28]) + (data[32], struct.unpack('>I', data[36:40])[0])
                if kind == 1:
                    s.sendto(packet(destination, source, peer, init(2, 77)), (address, 0))
                    print(f'{address} {destination}', flush=True)
                    break
            """;
        const string client = packets + """
            s.sendto(packet(40001, 9899, 0, init(1, 55)), (sys.argv[1], 0))
            source, destination, tag, kind, peer = receive(s)
            print(f'{source} {destination} {tag} {kind} {peer}')
            """;
        var pid = host.Script("""
            (New-Container busybox -Name sctp -Network bridge -Publish 9899:7/sctp sleep 1000 | Start-Container -PassThru).Pid
            """)[0];
        using (var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("nsenter", ["-t", pid, "-n", "--", "python3", "-c", server]) { RedirectStandardOutput = true })!)
        {
            Assert.Equal("ready", process.StandardOutput.ReadLine());
            Assert.Equal("9899 40001 55 2 77", host.Outside.Run("python3", "-c", client, Address).Succeeded().Output.Trim());
            Assert.Equal($"{OutsideAddress} 7", process.StandardOutput.ReadLine());
            process.WaitForExit();
        }
        host.Script("Remove-Container sctp -Force");
        Assert.Equal(host.Before, host.StateAtRest());
    }
}
