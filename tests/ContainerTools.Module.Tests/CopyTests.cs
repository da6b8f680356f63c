using System.Net.Sockets;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class CopyTests : IDisposable
{
    private readonly ModuleFixture _module;
    private readonly TemporaryDirectory _host = new("ctcopy");

    public CopyTests(ModuleFixture module)
    {
        _module = module;
        _module.Run("New-Container $args[0] -Name web -Volume shared:/vol sleep 300 | Start-Container; New-Container $args[0] -Name idle -Volume shared:/vol", ModuleFixture.Image).Succeeded();
    }

    public void Dispose()
    {
        _module.Clean();
        _host.Dispose();
    }

    [Fact]
    public void A_tree_goes_in_and_comes_out_as_it_was()
    {
        Shell($"""
            cd {_host.Path}; mkdir -p tree/sub; echo content > tree/file; ln -s file tree/link; ln tree/file tree/second
            echo secret > tree/sub/private; chmod 0640 tree/sub/private; chown 12:34 tree/sub/private; chmod 2751 tree/sub
            truncate -s 8M tree/sparse; echo end >> tree/sparse; mkfifo -m 0620 tree/fifo; setfattr -n user.note -v kept tree/file
            touch -d '2020-01-02 03:04:05.678901234 UTC' tree/file tree/sub tree
            """);
        string before = Listing("tree");

        Run("Copy-ContainerItem $h/tree web:/tmp");
        Run("Copy-ContainerItem $h/tree idle:/tmp");
        Assert.Contains("640 12 34 /tmp/tree/sub/private", Inside("stat -c '%a %u %g %n' /tmp/tree/sub/private"));
        Assert.Contains("'/tmp/tree/link' -> 'file'", Inside("stat -c %N /tmp/tree/link"));
        Run("Copy-ContainerItem web:/tmp/tree $h/running");
        Run("Copy-ContainerItem idle:/tmp/tree $h/stopped");
        Run("Copy-ContainerItem web:/tmp/tree idle:/; Copy-ContainerItem idle:/tree web:/; Copy-ContainerItem web:/tree/. $h/between");

        Assert.Equal(before, Listing("running"));
        Assert.Equal(before, Listing("stopped"));
        Assert.Equal(before, Listing("between"));
        // And what was put into the stopped one is there when it runs.
        _module.Run("Start-Container idle; Stop-Container idle -Timeout 0").Succeeded();
        Assert.Equal(["content"], _module.Run("New-Container $args[0] -Name third -Volume shared:/vol sleep 60 | Start-Container; Copy-ContainerItem idle:/tmp/tree/file third:/f; Invoke-ContainerCommand third cat /f", ModuleFixture.Image).Succeeded().Lines);
    }

    [Fact]
    public void Volumes_are_seen_running_or_not_and_files_that_are_mounted_stay_mounted()
    {
        File.WriteAllText(Path.Combine(_host.Path, "file"), "one\n");
        Run("Copy-ContainerItem $h/file web:/vol/a; Copy-ContainerItem $h/file idle:/vol/b");
        Assert.Contains("one\none", Inside("cat /vol/a /vol/b"));
        Assert.Equal("0 0 0 0", Inside("echo $(stat -c '%u %g' /vol/a /vol/b)").Trim());
        Run("Copy-ContainerItem idle:/vol/a $h/out");
        Assert.Equal("one\n", File.ReadAllText(Path.Combine(_host.Path, "out")));

        int mounts = int.Parse(Inside("grep -c etc/host /proc/self/mountinfo"), System.Globalization.CultureInfo.InvariantCulture);
        Run("Copy-ContainerItem $h/file web:/etc/hosts");
        Assert.Contains("one", Inside("cat /etc/hosts"));
        Assert.Equal(mounts, int.Parse(Inside("grep -c etc/host /proc/self/mountinfo"), System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal("", Inside("find / -xdev -name '.ct-copy*'").Trim());
    }

    [Fact]
    public void Names_follow_the_rules_of_cp()
    {
        Shell($"cd {_host.Path}; mkdir -p d/e; echo 1 > d/f; echo 2 > d/e/g; echo new > n; echo a > 'x[1].txt'; echo b > y.txt");

        Run("Copy-ContainerItem $h/d web:/new; Copy-ContainerItem $h/d web:/new; Copy-ContainerItem $h/d/. web:/new; Copy-ContainerItem $h/d web:/slash/");
        Assert.Equal("/new/d/e/g /new/d/f /new/e/g /new/f /slash/e/g /slash/f", Inside("echo $(find /new /slash -type f | sort)").Trim());
        Run("Copy-ContainerItem $h/n web:/new/f; $null = $ExecutionContext.SessionState.Path.SetLocation($h); Copy-ContainerItem d web:/relative; Copy-ContainerItem ./*.txt web:/tmp; 'n' | Copy-ContainerItem -Destination tmp -ToContainer web, idle");
        Assert.Equal("new", Inside("cat /new/f").Trim());
        Assert.Equal("/tmp/n /tmp/x[1].txt /tmp/y.txt", Inside("echo $(find /tmp -type f | sort)").Trim());
        Run("$null = $ExecutionContext.SessionState.Path.SetLocation($h); Copy-ContainerItem /tmp/n -FromContainer idle -Destination ./m; Copy-ContainerItem 'x[1].txt' web:/z");
        Assert.Equal("new\n", File.ReadAllText(Path.Combine(_host.Path, "m")));
        Assert.Equal("a", Inside("cat /z").Trim());
        Run("Copy-ContainerItem $h/n web:/what -WhatIf");
        Assert.Equal("no", Inside("test -e /what || echo no").Trim());
    }

    [Fact]
    public void No_link_leads_out_of_a_container()
    {
        string victim = Path.Combine(_host.Path, "victim");
        Directory.CreateDirectory(victim);
        File.WriteAllText(Path.Combine(victim, "file"), "untouched\n");
        File.WriteAllText(Path.Combine(_host.Path, "evil"), "evil\n");
        Inside($"ln -s {victim} /abs; ln -s ../../../../../../../..{victim} /rel; ln -s {victim}/file /tofile; ln -s /proc/1/root /magic; mkdir /d; ln -s {victim} /d/victim; ln -s {victim}/file /d/evil");

        foreach (string link in new[] { "abs", "rel" })
        {
            Fails($"Copy-ContainerItem $h/evil web:/{link}/file", "DestinationNotFound");
            Fails($"Copy-ContainerItem web:/{link}/file $h/stolen", "ItemNotFound");
        }
        Fails("Copy-ContainerItem $h/evil web:/tofile", "DestinationNotFound");
        Fails("Copy-ContainerItem $h/evil web:/magic/tmp/x", "CopyFailed", "DestinationNotFound");
        Run("Copy-ContainerItem $h/evil web:/d");
        Run("Copy-ContainerItem web:/d $h/copy");

        Assert.Equal("evil", Inside("cat /d/evil").Trim());
        Assert.Equal(victim, new FileInfo(Path.Combine(_host.Path, "copy/victim")).LinkTarget);
        Assert.Equal(["untouched"], File.ReadAllLines(Path.Combine(victim, "file")));
        Assert.Single(Directory.GetFileSystemEntries(victim));
        // The same path inside is what the link means.
        Inside($"mkdir -p {victim}");
        Run("Copy-ContainerItem $h/evil web:/abs/inside");
        Assert.Equal("evil", Inside($"cat {victim}/inside").Trim());
        Assert.Single(Directory.GetFileSystemEntries(victim));
    }

    [Fact]
    public void A_tree_that_is_swapped_for_links_meanwhile_does_not_lead_out()
    {
        string victim = Path.Combine(_host.Path, "victim");
        Directory.CreateDirectory(victim);
        File.WriteAllText(Path.Combine(victim, "secret"), "secret\n");
        Shell($"cd {_host.Path}; mkdir -p src/a/b; echo evil > src/a/b/secret; echo evil > src/a/secret");
        Inside($"mkdir -p /t/a/b; echo own > /t/a/b/secret; ln -s {victim} /t/l");
        _module.Run("Invoke-ContainerCommand web -- sh -c '(while true; do mv /t/a /t/x; mv /t/l /t/a; mv /t/a /t/l; mv /t/x /t/a; done) >/dev/null 2>&1 &'").Succeeded();

        for (int i = 0; i < 25; i++)
        {
            _module.Run("Copy-ContainerItem \"$($args[0])/src/.\" web:/t", _host.Path);
            _module.Run("Copy-ContainerItem web:/t \"$($args[0])/out$($args[1])\"", _host.Path, i);
        }

        Assert.Equal("secret\n", File.ReadAllText(Path.Combine(victim, "secret")));
        Assert.Single(Directory.GetFileSystemEntries(victim));
        Assert.NotEmpty(Directory.GetDirectories(_host.Path, "out*"));
        Assert.Equal("", Shell($"grep -rl '^secret' {_host.Path}/out* || true").Trim());
    }

    [Fact]
    public void What_cannot_be_done_is_one_error_and_leaves_nothing()
    {
        Shell($"cd {_host.Path}; mkdir d; echo 1 > f");
        Fails("Copy-ContainerItem $h/nothing web:/tmp", "ItemNotFound");
        Fails("Copy-ContainerItem web:/nothing $h", "ItemNotFound");
        Fails("Copy-ContainerItem nobody:/x $h", "ContainerNotFound");
        Fails("Copy-ContainerItem $h/f $h/g", "ContainerMissing");
        Fails("Copy-ContainerItem $h/f web:/no/such/place", "DestinationNotFound");
        Fails("Copy-ContainerItem $h/f web:/file/", "DestinationNotFound");
        Inside("echo 1 > /file; mkdir -p /dir/f");
        Fails("Copy-ContainerItem $h/nothing/* web:/tmp", "ItemNotFound");
        Fails("Copy-ContainerItem $h/d web:/file", "DestinationIsFile").Names($"{_host.Path}/d", "web:/file");
        Fails("Copy-ContainerItem web:/dir $h/f", "DestinationIsFile").Names("web:/dir", $"{_host.Path}/f");
        Fails("Copy-ContainerItem $h/f web:/dir", "DestinationIsDirectory").Names($"{_host.Path}/f", "web:/dir/f");
        Inside("mkdir -p /a/x/y /b/a/x; echo 1 > /b/a/x/y");
        Fails("Copy-ContainerItem web:/a web:/b", "DestinationIsFile").Names("web:/a/x/y", "web:/b/a/x/y");
        Fails("Copy-ContainerItem $h/f web:/proc", "CopyFailed");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine((string)_module.Run("Get-Volume shared").Single.MountPoint, "socket")));
        Assert.Contains("socket", Assert.Single(_module.Run("Copy-ContainerItem web:/vol \"$($args[0])/s\"", _host.Path).Warnings).Message);
        Assert.Equal("", Inside("find / -xdev -name '.ct-copy*'").Trim());
        _module.Run("New-Container $args[0] -Name sealed -ReadOnly -Volume shared:/vol sleep 60; Copy-ContainerItem \"$($args[1])/f\" sealed:/vol/ok", ModuleFixture.Image, _host.Path).Succeeded();
        Fails("Copy-ContainerItem $h/f sealed:/tmp", "CopyFailed");
        Run("Start-Container sealed; Copy-ContainerItem $h/f sealed:/vol/ok2");
        Fails("Copy-ContainerItem $h/f sealed:/tmp", "CopyFailed");
    }

    private void Run(string script) => _module.Run("$h = $args[0]; " + script, _host.Path).Succeeded();

    private Failure Fails(string script, params string[] errorIds)
    {
        var error = Assert.Single(_module.Run("$h = $args[0]; " + script, _host.Path).Errors);
        Assert.Contains(error.FullyQualifiedErrorId.Split(',')[0], errorIds);
        return new(error.ToString());
    }

    private sealed record Failure(string Message)
    {
        public void Names(params string[] items) => Assert.All(items, item => Assert.Contains($"'{item}'", Message, StringComparison.Ordinal));
    }

    private string Inside(string command) => string.Join('\n', _module.Run("Invoke-ContainerCommand web -- sh -c $args[0]", command).Succeeded().Lines);

    private static string Shell(string script) => Command.Run("sh", "-ec", script).Succeeded().Output;

    private string Listing(string directory) => Shell(
        $"cd {_host.Path}/{directory}; find . -printf '%p %M %U %G %T@ %n %l %Y\\n' | sort; find . -type f | sort | xargs md5sum; getfattr -n user.note file; stat -c '%b' sparse");
}
