using System.Management.Automation;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class NewImageTests : IDisposable
{
    private static readonly string[] s_mountedIn = ["'.'", "'./etc'", "'./var'"];

    private readonly ModuleFixture _module;
    private readonly TemporaryDirectory _host = new("ctnewimage");

    public NewImageTests(ModuleFixture module)
    {
        _module = module;
        _module.Run("New-Container $args[0] -Name maker -Volume data:/var/data -- sleep 300 | Start-Container", ModuleFixture.Image).Succeeded();
    }

    public void Dispose()
    {
        _module.Clean();
        _module.Run("Get-Image test/made:* | Remove-Image; Get-Image | Where-Object { -not $_.Reference } | Remove-Image").Succeeded();
        _host.Dispose();
    }

    [Fact]
    public void An_image_of_a_container_has_exactly_its_tree()
    {
        Change();
        _module.Run("Stop-Container maker -Timeout 0").Succeeded();
        // What a process in a user namespace cannot make, a layer can hold nevertheless.
        string upper = $"{Container().Directory}/upper";
        Shell($"cd {upper}/srv; mknod disk b 7 3; mknod null c 1 3; setfattr -n user.note -v 'a b' file; setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 file; printf x > 'tab\there'; printf x > $'bytes\\xff'; setfattr -n user.d -v 1 .");
        var expected = Listing(upper, Layers(ModuleFixture.Image));

        Assert.Equal(["test/made:1", "2"], _module.Run("$i = Get-Container maker | New-Image -Tag test/made:1; $i; $i.Layers.Count").Succeeded().Lines);

        Same(expected, Listing(null, Layers("test/made:1")));
        _module.Run("$null = Export-Image test/made:1 -Path \"$($args[0])/made.tar\"", _host.Path).Succeeded();
        Shell($"cd {_host.Path}; mkdir layout; tar -C layout -xf made.tar; skopeo --insecure-policy copy -q oci:layout oci:named:made");
        Tools.Umoci("unpack", "--image", $"{_host.Path}/named:made", $"{_host.Path}/bundle").Succeeded();
        // A directory in which umoci followed a whiteout has the time of its run.
        Same(expected, TreeListing.Of($"{_host.Path}/bundle/rootfs"), times: false);
        ComparePodman(expected);
    }

    [Fact]
    public void A_squashed_image_is_one_layer_with_the_same_tree()
    {
        Change();
        // Other tools take this for 1970.
        Inside("touch -d '1969-12-31 00:00:00' /srv/new/deep/file");
        var expected = Listing($"{Container().Directory}/upper", Layers(ModuleFixture.Image));
        Assert.Equal(["1"], _module.Run("(New-Image maker -Squash -Tag test/made:squashed).Layers.Count").Succeeded().Lines);
        Same(expected, Listing(null, Layers("test/made:squashed")));
        Assert.Single(_module.Run("Get-ImageHistory test/made:squashed").Succeeded().Output);
        Assert.Equal("Running", _module.Run("(Get-Container maker).State").Succeeded().Lines[0]);
    }

    [Fact]
    public void The_configuration_is_the_images_with_the_changes_asked_for()
    {
        var facts = _module.Run("""
            $i = New-Image maker -Tag test/made:1, test/made:2 -Command serve, '-v' -Entrypoint /bin/app -Environment @{ A = 1; PATH = $null } -User 5:6 -WorkingDirectory /srv -Label a=b, c=d `
                -ExposedPort 80, 53/udp -Volume /var/data -StopSignal INT -Author someone -Message 'a note'
            $c = $i.Config.Config
            $c.Cmd -join '|'; $c.Entrypoint -join '|'; $c.Env -join '|'; $c.User, $c.WorkingDir, $c.StopSignal, $i.Config.Author -join '|'; $c.ExposedPorts -join '|'; $c.Volumes -join '|'
            $c.Labels.Keys -join '|'; $i.Layers.Count; @($i.Config.History)[-1].Comment; @($i.Config.History)[-1].EmptyLayer
            """).Succeeded().Lines;
        // Nothing has changed, so there is no layer, and the history says so.
        Assert.Equal(["serve|-v", "/bin/app", "A=1", "5:6|/srv|INT|someone", "53/udp|80/tcp", "/var/data", "a|c", "1", "a note", "True"], facts);
        Assert.Equal(2, _module.Run("Get-Image test/made:[12]").Succeeded().Output.Count);

        // The entrypoint goes, and with it the command that was its arguments.
        Assert.Equal(["True"], _module.Run("$null = New-Container test/made:1 -Name second; $i = New-Image second -Entrypoint ''; $null -eq $i.Reference -and $null -eq $i.Config.Config.Entrypoint -and $null -eq $i.Config.Config.Cmd").Succeeded().Lines);
    }

    [Fact]
    public void A_pipeline_builds_an_image_that_runs()
    {
        File.WriteAllText($"{_host.Path}/serve", "#!/bin/sh\necho \"serving $1\"\n");
        _module.Run("""
            Copy-ContainerItem "$($args[0])/serve" maker:/bin/serve
            Invoke-ContainerCommand maker -- chmod 755 /bin/serve
            $null = Get-Container maker | New-Image -Tag test/made:app -Entrypoint serve -Command all
            """, _host.Path).Succeeded();
        Assert.Equal(["serving all"], _module.Run("Invoke-Container test/made:app").Succeeded().Lines);
        Assert.Contains("Commit", _module.Run("(Get-ContainerEvent -Type Image).Action").Succeeded().Lines);
    }

    [Fact]
    public void A_directory_or_an_archive_becomes_an_image()
    {
        Shell($"cd {_host.Path}; mkdir -p tree/bin tree/deep/er; cp {BusyboxPath} tree/bin/busybox; chmod 750 tree/deep; chown 3:4 tree/deep; ln -s busybox tree/bin/sh; ln tree/bin/busybox tree/bin/second; chmod 751 tree; tar --format=pax -C tree -cf tree.tar .; gzip -k tree.tar; zstd -q tree.tar");
        foreach (string source in new[] { "tree", "tree.tar", "tree.tar.gz", "tree.tar.zst" })
        {
            var made = _module.Run("(New-Image -Path \"$($args[0])/$($args[1])\" -Tag test/made:path -Command sh, -c, 'exec /bin/busybox stat -c %a:%u:%g / /deep').Layers.Count", _host.Path, source).Succeeded();
            Assert.Equal(["1"], made.Lines);
            Same(TreeListing.Of($"{_host.Path}/tree"), Listing(null, Layers("test/made:path")));
            Assert.Equal(["751:0:0", "750:3:4"], _module.Run("Invoke-Container test/made:path").Succeeded().Lines);
        }
        Assert.Equal(["arm64"], _module.Run("(New-Image -Path \"$($args[0])/tree\" -Tag test/made:arm -Platform linux/arm64).Architecture", _host.Path).Succeeded().Lines);
    }

    [Fact]
    public void The_same_files_give_the_same_digest_when_the_date_is_given()
    {
        Change();
        Environment.SetEnvironmentVariable("SOURCE_DATE_EPOCH", "1700000000");
        try
        {
            var digests = _module.Run("(New-Image maker).Digest.ToString(); Invoke-ContainerCommand maker -- touch /opt/kept/inner /bin; (New-Image maker).Digest.ToString()").Succeeded().Lines;
            Assert.Equal(digests[0], digests[1]);
            Assert.Equal(["1700000000"], _module.Run("(New-Image maker).Created.ToUnixTimeSeconds()").Succeeded().Lines);
            Environment.SetEnvironmentVariable("SOURCE_DATE_EPOCH", "soon");
            _module.Run("New-Image maker").FailedWith("InvalidSourceDate", ErrorCategory.InvalidArgument);
        }
        finally
        {
            Environment.SetEnvironmentVariable("SOURCE_DATE_EPOCH", null);
        }
    }

    [Fact]
    public void Holes_stay_holes_and_a_suspended_container_stays_suspended()
    {
        Inside("dd if=/dev/zero of=/srv bs=1 count=1 seek=200000000 2>/dev/null");
        _module.Run("Suspend-Container maker; $null = New-Image maker -Tag test/made:sparse").Succeeded();
        Assert.Equal("Paused", _module.Run("(Get-Container maker).State").Succeeded().Lines[0]);
        _module.Run("Resume-Container maker").Succeeded();
        string file = Path.Combine(Layers("test/made:sparse")[0], "srv");
        Assert.Equal("200000001", Shell($"stat -c %s {file}").Trim());
        Assert.InRange(long.Parse(Shell($"stat -c %b {file}").Trim(), System.Globalization.CultureInfo.InvariantCulture), 0, 1000);
    }

    [Fact]
    public void What_cannot_be_made_says_why_and_leaves_nothing()
    {
        int before = _module.Run("Get-Image").Succeeded().Output.Count;
        _module.Run("New-Image nothing").FailedWith("ContainerNotFound", ErrorCategory.ObjectNotFound);
        _module.Run("New-Image maker -Tag 'NO GOOD'").FailedWith("InvalidImageReference", ErrorCategory.InvalidArgument);
        _module.Run("New-Image maker -WorkingDirectory srv").FailedWith("InvalidWorkingDirectory", ErrorCategory.InvalidArgument);
        _module.Run("New-Image maker -ExposedPort 70000").FailedWith("InvalidPort", ErrorCategory.InvalidArgument);
        _module.Run("New-Image maker -StopSignal STOPIT").FailedWith("InvalidSignal", ErrorCategory.InvalidArgument);
        _module.Run("New-Image -Path /no/such/thing").FailedWith("PathNotFound", ErrorCategory.ObjectNotFound);
        File.WriteAllText($"{_host.Path}/text.tar", new string('x', 5000));
        _module.Run("New-Image -Path \"$($args[0])/text.tar\"", _host.Path).FailedWith("TarInvalid", ErrorCategory.InvalidData);
        _module.Run("New-Image maker -Tag test/made:no -WhatIf").Succeeded();
        Inside("echo > /srv; echo > /.wh.x");
        var error = _module.Run("New-Image maker").FailedWith("LayerNameReserved", ErrorCategory.NotImplemented);
        Assert.Contains("/.wh.x", error.ToString(), StringComparison.Ordinal);
        Inside("rm /.wh.x");
        Assert.Equal(before, _module.Run("Get-Image").Succeeded().Output.Count);
        Assert.Empty(Directory.GetFiles(Path.Combine(_module.Store.Root, "content/blobs")));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_module.Store.Root, "layers"), ".*"));

        // The base is gone: only an image that needs none of its blobs can be made.
        _module.Run("$null = New-Image maker -Tag test/made:base; $null = New-Container test/made:base -Name late; Remove-Image test/made:base -Force").Succeeded();
        _module.Run("New-Image late").FailedWith("BaseImageRemoved", ErrorCategory.ObjectNotFound);
        Assert.Equal(["1"], _module.Run("(New-Image late -Squash).Layers.Count").Succeeded().Lines);
    }

    private static string BusyboxPath => Shell("command -v busybox").Trim();

    private void Change() => Inside("""
        mkdir -p /srv/new/deep /opt/kept/inner; echo 12345 > /srv/new/deep/file; echo hello > /srv/file; chown 12:34 /srv/file; chmod 4750 /srv/file; ln /srv/file /srv/second; ln -s /nowhere /srv/link; mkfifo /srv/fifo
        rm /bin/ls; mv /bin/cat /srv/cat; echo x >> /etc/passwd; chmod 1777 /srv/new; rm -r /usr; mkdir -p /usr/bin; echo own > /usr/bin/own; ln /bin/vi /srv/vi
        touch -d '2020-01-02 03:04:05' /srv/file; touch -h -d '2001-01-01 00:00:00' /srv/link; touch -d '2002-02-02 02:02:02' /opt/kept
        echo secret > /var/data/in-volume
        """);

    private void ComparePodman(IReadOnlyList<string> expected)
    {
        string[] place = ["--root", $"{_host.Path}/podman", "--runroot", $"{_host.Path}/podman-run", "--storage-driver", "vfs"];
        try
        {
            Tools.Podman([.. place, "load", "--quiet", "--input", $"{_host.Path}/made.tar"]).Succeeded();
            string mounted = Tools.Podman([.. place, "image", "mount", "docker.io/test/made:1"]).Succeeded().Output.Trim();
            Same(expected, TreeListing.Of(mounted), times: false);
        }
        finally
        {
            Tools.Podman([.. place, "image", "umount", "--all"]);
            Tools.Podman([.. place, "system", "reset", "--force"]);
        }
    }

    private dynamic Container() => _module.Run("Get-Container maker").Succeeded().Single;

    private List<string> Layers(string image) => _module.Run("""
        $i = Get-Image $args[0]; $c = New-Container $i; $c.LayerKeys; Remove-Container $c
        """, image).Succeeded().Lines.Select(k => Path.Combine(_module.Store.Root, "layers", k!, "fs")).Reverse().ToList();

    /// <summary>What the kernel makes of layers, the topmost first.</summary>
    private static List<string> Listing(string? upper, List<string> layers)
    {
        using var place = new TemporaryDirectory("ctmerged");
        Directory.CreateDirectory(place["empty"]);
        Directory.CreateDirectory(place["merged"]);
        string lower = string.Join(':', (upper is null ? [] : new[] { upper }).Concat(layers).Append(place["empty"]));
        Command.Run("mount", "-t", "overlay", "-o", $"ro,lowerdir={lower}", "overlay", place["merged"]).Succeeded();
        try
        {
            return [.. TreeListing.Of(place["merged"])];
        }
        finally
        {
            Command.Run("umount", place["merged"]);
        }
    }

    // What was made only to be mounted on is no part of an image, and it changed the times of the directories it is in.
    private static void Same(IReadOnlyList<string> expected, IReadOnlyList<string> actual, bool times = true)
    {
        string[] mounted = ["./proc", "./sys", "./dev", "./etc/hosts", "./etc/hostname", "./etc/resolv.conf", "./var/data"];
        var differences = TreeListing.Differences([.. expected.Where(IsImages).Select(Line)], [.. actual.Where(IsImages).Select(Line)]);
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(40)));

        bool IsImages(string line) => !mounted.Any(m => line.StartsWith($"'{m}'|", StringComparison.Ordinal) || line.StartsWith($"content {m} ", StringComparison.Ordinal));
        string Line(string line) => line.Contains("|directory|", StringComparison.Ordinal) && (!times || s_mountedIn.Contains(line.Split('|')[0])) ? line[..line.LastIndexOf('|')] : line;
    }

    private string Inside(string command) => string.Join('\n', _module.Run("Invoke-ContainerCommand maker -- sh -ec $args[0]", command).Succeeded().Lines);

    private static string Shell(string script) => Command.Run("bash", "-ec", script).Succeeded().Output;
}
