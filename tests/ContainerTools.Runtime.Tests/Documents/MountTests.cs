using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.Tests.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Documents;

/// <summary>config.json: mounts and their options.</summary>
public sealed class MountTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ATmpfsCanBeginWithWhatItCovers(bool user)
    {
        using var bundle = new Bundle(user);
        Directory.CreateDirectory(bundle["layer/data/sub"]);
        File.WriteAllText(bundle["layer/data/sub/file"], "below\n");
        Command.Run("chown", "-R", "1000:1001", bundle["layer/data/sub"]).Succeeded();
        File.CreateSymbolicLink(bundle["layer/data/link"], "/etc/shadow");
        bundle.Spec.Mounts!.Add(Bundle.Mount("/data", "tmpfs", "tmpfs", "tmpcopyup", "size=1m", "mode=700"));
        var lines = bundle.Run("cat /data/sub/file; stat -c %u:%g /data/sub; readlink /data/link; stat -f -c %T /data; echo x > /data/new && ls /data | wc -l").Succeeded().Lines;
        Assert.Equal(["below", "1000:1001", "/etc/shadow", "tmpfs", "3"], lines);
        Assert.False(File.Exists(bundle["upper/data/new"]));
        bundle.Spec.Mounts[^1].Options!.Add("ro");
        Assert.Contains("Read-only", bundle.Run("cat /data/sub/file && touch /data/x").Error, StringComparison.Ordinal);
        File.WriteAllBytes(bundle["layer/data/big"], new byte[2 << 20]);
        Assert.Contains("tmpcopyup", bundle.Run("true").Error, StringComparison.Ordinal);
        Assert.Empty(Cgroups.Of([bundle.Id]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AttributesHoldForOneMountOrForAllBelow(bool user)
    {
        using var bundle = new Bundle(user);
        Directory.CreateDirectory(bundle["data/below"]);
        Command.Run("mount", "-t", "tmpfs", "tmpfs", bundle["data/below"]).Succeeded();
        foreach (var (at, options) in new[] { ("/one", "ro"), ("/all", "rro"), ("/exec", "rnoexec") })
            bundle.Spec.Mounts!.Add(Bundle.Mount(at, "bind", bundle["data"], "rbind", options));
        // Files there belong to the host's root, which a user namespace does not map: only the mounts' flags are looked at.
        var lines = bundle.Run("for m in /one /one/below /all /all/below /exec /exec/below; do grep \" $m \" /proc/self/mountinfo | cut -d' ' -f6 | cut -d, -f1-2; done").Succeeded().Lines;
        Assert.Equal("ro", lines[0].Split(',')[0]);
        Assert.Equal("rw", lines[1].Split(',')[0]);
        Assert.Equal("ro", lines[2].Split(',')[0]);
        Assert.Equal("ro", lines[3].Split(',')[0]);
        Assert.Equal("rw,noexec", lines[4]);
        Assert.Equal("rw,noexec", lines[5]);
    }

    [Fact]
    public void PropagationIsAsAskedFor()
    {
        using var bundle = new Bundle(userNamespace: false);
        Directory.CreateDirectory(bundle["data"]);
        Command.Run("mount", "--bind", bundle["data"], bundle["data"]).Succeeded();
        Command.Run("mount", "--make-shared", bundle["data"]).Succeeded();
        string[] kinds = ["slave", "shared", "private", "unbindable"];
        foreach (var kind in kinds)
            bundle.Spec.Mounts!.Add(Bundle.Mount("/" + kind, "bind", bundle["data"], "rbind", "r" + kind));
        bundle.Spec.Mounts!.Add(Bundle.Mount("/tmpshared", "tmpfs", "tmpfs", "shared"));
        var lines = bundle.Run("grep -E ' /(shared|slave|private|unbindable|tmpshared) ' /proc/self/mountinfo").Succeeded().Lines;
        Assert.Equal([.. kinds.Select(kind => "/" + kind), "/tmpshared"], lines.Select(line => line.Split(' ')[4]));
        var text = lines.ToDictionary(line => line.Split(' ')[4], line => line.Split(" - ")[0]);
        Assert.Contains("shared:", text["/shared"], StringComparison.Ordinal);
        Assert.Contains("master:", text["/slave"], StringComparison.Ordinal);
        Assert.DoesNotContain(":", text["/private"][text["/private"].IndexOf("rw", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Contains("unbindable", text["/unbindable"], StringComparison.Ordinal);
        Assert.Contains("shared:", text["/tmpshared"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("shared")]
    [InlineData("rslave")]
    [InlineData("private")]
    public void WhatIsMountedInTheRootStaysInside(string? propagation)
    {
        // A root on a shared mount, as most hosts have.
        using var bundle = new Bundle(userNamespace: false);
        foreach (var name in bundle.Spec.Annotations!.Keys.Where(name => name is "containertools.layers" or "containertools.upper" or "containertools.work").ToList())
            bundle.Spec.Annotations.Remove(name);
        Command.Run("mount", "--bind", bundle["layer"], bundle["layer"]).Succeeded();
        Command.Run("mount", "--make-shared", bundle["layer"]).Succeeded();
        bundle.Spec.Linux!.RootfsPropagation = propagation;
        var root = bundle.Run($"grep ' / ' /proc/self/mountinfo; ls {bundle["layer"]} 2>/dev/null; exec sleep 0.1").Succeeded().Lines[0].Split(" - ")[0];
        Assert.Equal(propagation == "shared", root.Contains("shared:", StringComparison.Ordinal));
        Assert.Equal(propagation is "rslave" or "shared", root.Contains("master:", StringComparison.Ordinal));
        Assert.Equal([bundle["layer"]], Mounts.Beneath(bundle["layer"]).Append(bundle["layer"]).Distinct());
    }

    [Fact]
    public void AMountCanHaveMapsOfItsOwn()
    {
        using var bundle = new Bundle();
        Directory.CreateDirectory(bundle["data"]);
        Command.Run("chown", "123:124", bundle["data"]).Succeeded();
        // The mount shows the disk's 123 as the host's 700045, which is 45 inside.
        bundle.Spec.Mounts!.Add(new MountSpec
        {
            Destination = "/data",
            Type = "bind",
            Source = bundle["data"],
            Options = ["rbind", "idmap"],
            UidMappings = [new() { ContainerID = 123, HostID = 700045, Size = 1 }],
            GidMappings = [new() { ContainerID = 124, HostID = 700046, Size = 1 }],
        });
        Assert.Equal("45:46\n", bundle.Run("stat -c %u:%g /data").Succeeded().Output);
        bundle.Spec.Mounts[^1].GidMappings = null;
        Assert.Contains("only one of", bundle.Run("true").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void OnlyRidmapReachesTheMountsBelow()
    {
        using var bundle = new Bundle();
        Directory.CreateDirectory(bundle["data/below"]);
        Command.Run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", bundle["data/below"]).Succeeded();
        bundle.Spec.Mounts!.Add(Bundle.Mount("/one", "bind", bundle["data"], "rbind", "idmap"));
        bundle.Spec.Mounts.Add(Bundle.Mount("/all", "bind", bundle["data"], "rbind", "ridmap"));
        Assert.Equal(["0", "65534", "0", "0"], bundle.Run("stat -c %u /one /one/below /all /all/below").Succeeded().Lines);
    }

    [Theory]
    [InlineData("idmap=uids=123-700045-1;gids=124-700046-1", true, "45:46")]
    [InlineData("idmap=uids=1-2-3#123-700045-1#;gids=124-700046-1", true, "45:46")]
    [InlineData("idmap=uids=@123-45-1;gids=@124-46-1", true, "45:46")]
    [InlineData("idmap=uids=123-45-1;gids=124-46-1", false, "45:46")]
    [InlineData("idmap", false, "123:124")]
    public void AMountCanHaveMapsInItsOption(string option, bool user, string owners)
    {
        using var bundle = new Bundle(user);
        Directory.CreateDirectory(bundle["data"]);
        Command.Run("chown", "123:124", bundle["data"]).Succeeded();
        bundle.Spec.Mounts!.Add(Bundle.Mount("/data", "bind", bundle["data"], "bind", option));
        Assert.Equal(owners + "\n", bundle.Run("stat -c %u:%g /data").Succeeded().Output);
    }

    [Fact]
    public void APathWithDotsIsLookedUpWithinTheRoot()
    {
        using var bundle = new Bundle();
        Directory.CreateDirectory(bundle["data"]);
        File.WriteAllText(bundle["data/file"], "mounted\n");
        Directory.CreateDirectory(bundle["layer/secret"]);
        File.WriteAllText(bundle["layer/secret/file"], "seen\n");
        bundle.Spec.Mounts!.Add(Bundle.Mount("/etc/../../../made/./there", "bind", bundle["data"], "bind", "idmap"));
        bundle.Spec.Mounts.Add(Bundle.Mount("/etc/../tmp/../scratch", "tmpfs", "tmpfs"));
        bundle.Spec.Linux!.MaskedPaths!.Add("/etc/../secret");
        bundle.Spec.Linux.ReadonlyPaths!.Add("/tmp/../scratch");
        Assert.Equal(["mounted", "0", "tmpfs", "1"], bundle.Run("cat /made/there/file; ls /secret | wc -l; stat -f -c %T /scratch; touch /scratch/x 2>&1 | grep -c Read-only").Succeeded().Lines);
    }

    [Fact]
    public void ARemountChangesWhatIsThere()
    {
        using var bundle = new Bundle();
        bundle.Spec.Mounts!.Add(Bundle.Mount("/scratch", "tmpfs", "tmpfs", "mode=777"));
        bundle.Spec.Mounts.Add(Bundle.Mount("/scratch", "none", "none", "remount", "ro", "noexec"));
        var result = bundle.Run("grep ' /scratch ' /proc/self/mounts; touch /scratch/x");
        Assert.Single(result.Lines);
        Assert.Contains("ro,", result.Output, StringComparison.Ordinal);
        Assert.Contains("Read-only", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void OptionsOfTheFileSystemAndOfTheSuperblockArePassedOn()
    {
        using var bundle = new Bundle();
        bundle.Spec.Mounts!.Add(Bundle.Mount("/a", "tmpfs", "tmpfs", "size=64k", "mode=1750", "uid=5", "gid=6", "sync", "dirsync", "silent", "loud", "noatime", "nosymfollow"));
        var lines = bundle.Run("stat -c %a:%u:%g /a; grep ' /a ' /proc/self/mountinfo; ln -s /etc/passwd /a/l; cat /a/l 2>/dev/null || echo nofollow").Succeeded().Lines;
        Assert.Equal("1750:5:6", lines[0]);
        Assert.Contains("noatime", lines[1], StringComparison.Ordinal);
        Assert.Contains("sync", lines[1], StringComparison.Ordinal);
        Assert.Contains("size=64k", lines[1], StringComparison.Ordinal);
        Assert.Equal("nofollow", lines[2]);
    }

    [Fact]
    public void WhatCannotBeIsSaid()
    {
        Check(Bundle.Mount("/x", "proc", "proc", "tmpcopyup"), "tmpcopyup");
        Check(Bundle.Mount("/x", "tmpfs", "tmpfs", "idmap"), "bind mounts only");
        Check(Bundle.Mount("/x", "tmpfs", "tmpfs", "nosuchoption=1"), "nosuchoption=1");
        foreach (var option in new[] { "idmap=uids=0-1", "idmap=uids=0-1-0;gids=0-1-1", "idmap=uids=0-1-2", "idmap=users=0-1-2", "idmap=uids=@70000-70000-1;gids=0-1-1" })
            Check(Bundle.Mount("/x", "bind", "/etc", "bind", option), option);

        static void Check(MountSpec mount, string message)
        {
            using var bundle = new Bundle();
            bundle.Spec.Mounts!.Add(mount);
            Assert.Contains(message, bundle.Run("true").Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WithoutACgroupNamespaceItsOwnGroupIsWhatItSees()
    {
        foreach (var user in new[] { true, false })
        {
            using var bundle = new Bundle(user);
            bundle.Spec.Linux!.Namespaces!.RemoveAll(item => item.Type == "cgroup");
            var lines = bundle.Run("cd /sys/fs/cgroup; d=$(ls -d pids 2>/dev/null || echo .); cat $d/pids.max; ls $d | grep -c containertools; mkdir $d/x 2>&1; true").Succeeded().Lines;
            Assert.Equal(["200", "0"], lines.Take(2));
            Assert.Contains("Read-only", lines[2], StringComparison.Ordinal);
        }
    }

    /// <summary>A systemd in a container of a machine with version 1 keeps its units in a hierarchy without a controller.</summary>
    [Fact]
    public void TheHierarchyOfSystemdIsThereWhereTheMachineHasIt()
    {
        var onHost = Directory.Exists("/sys/fs/cgroup/pids") && Directory.Exists("/sys/fs/cgroup/systemd");
        foreach (var own in new[] { true, false })
        {
            using var bundle = new Bundle();
            if (!own)
                bundle.Spec.Linux!.Namespaces!.RemoveAll(item => item.Type == "cgroup");
            bundle.Spec.Mounts!.Single(mount => mount.Type == "cgroup").Options!.Remove("ro");
            var lines = bundle.Run("grep :name=systemd: /proc/self/cgroup | cut -d: -f 3; cat /sys/fs/cgroup/systemd/cgroup.procs | head -n 1; mkdir /sys/fs/cgroup/systemd/init.scope && echo made; rmdir /sys/fs/cgroup/systemd/init.scope").Lines;
            // Without a namespace of its own the group is not its to divide.
            Assert.Equal(!onHost ? [] : own ? ["/", "1", "made"] : [$"/containertools/{bundle.Id}", "1"], lines);
            Assert.Empty(Cgroups.Of([bundle.Id]));
        }
    }
}
