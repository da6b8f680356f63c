namespace ContainerTools.Runtime.Tests.Containers;

/// <summary>What a process in a container sees, and what it can and cannot do.</summary>
public sealed class InsideTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NamespacesAreItsOwn(bool user)
    {
        using var bundle = new Bundle(user);
        var inside = bundle.Run("for n in mnt pid net ipc uts cgroup user; do readlink /proc/self/ns/$n; done").Succeeded().Lines;
        string[] kinds = ["mnt", "pid", "net", "ipc", "uts", "cgroup", "user"];
        for (var i = 0; i < kinds.Length; i++)
        {
            var own = new FileInfo("/proc/self/ns/" + kinds[i]).LinkTarget;
            if (kinds[i] == "user" && !user)
                Assert.Equal(own, inside[i]);
            else
                Assert.NotEqual(own, inside[i]);
        }
    }

    [Fact]
    public void IdsAreMappedAndFilesOnDiskKeepPlainIds()
    {
        using var bundle = new Bundle();
        var result = bundle.Run("cat /proc/self/uid_map; id -u; stat -c %u:%g /bin/busybox /etc; touch /made; chown 1000:50 /made; stat -c %u:%g /made").Succeeded().Lines;
        Assert.Equal(["0", "700000", "65536"], result[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["0", "0:0", "0:0", "1000:50"], result.Skip(1));
        Assert.Equal("1000:50", TestSupport.Command.Run("stat", "-c", "%u:%g", bundle["upper/made"]).Succeeded().Output.Trim());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RightsAreTheDocuments(bool user)
    {
        using var bundle = new Bundle(user);
        // Not through a shell, which ignores signals of its own choice.
        bundle.Spec.Process!.Args = ["cat", "/proc/self/status"];
        bundle.WriteConfig();
        var status = bundle.Ctrun("run", "--bundle", bundle[""], bundle.Id).Succeeded().Lines;
        Assert.Equal("00000000a80425fb", Value("CapEff"));
        Assert.Equal("00000000a80425fb", Value("CapPrm"));
        Assert.Equal("00000000a80425fb", Value("CapBnd"));
        Assert.Equal("0000000000000000", Value("CapInh"));
        Assert.Equal("0000000000000000", Value("CapAmb"));
        Assert.Equal("2", Value("Seccomp"));
        Assert.Equal("0", Value("NoNewPrivs"));
        Assert.Equal("0000000000000000", Value("SigBlk"));
        Assert.Equal("0000000000000000", Value("SigIgn"));

        string Value(string name) => status.First(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split('\t')[1];
    }

    [Fact]
    public void NoNewPrivilegesHolds()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.NoNewPrivileges = true;
        Assert.Equal("1 2", string.Join(' ', bundle.Run("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | cut -f2").Succeeded().Lines));
    }

    [Fact]
    public void NamedUserRunsWithItsGroupsAndWithoutCapabilities()
    {
        using var bundle = new Bundle();
        bundle.Spec.Annotations![Engine.Specs.Annotations.User] = "bob";
        var lines = bundle.Run("id -u; id -g; id -G; echo $HOME; grep CapEff /proc/self/status; touch /x 2>&1").Lines;
        Assert.Equal(["1000", "1001", "1001 50", "/home/bob", "CapEff:\t0000000000000000"], lines.Take(5));
        Assert.Contains("Permission denied", lines[5], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OnlyStandardDescriptorsAreOpen(bool user)
    {
        using var bundle = new Bundle(user);
        // 3 is the directory that the glob opens.
        Assert.Equal("/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3", bundle.Run("echo /proc/self/fd/*").Succeeded().Output.Trim());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PathsAreMaskedAndReadOnly(bool user)
    {
        using var bundle = new Bundle(user);
        var result = bundle.Run("cat /proc/timer_list /proc/keys | wc -c; ls /sys/firmware | wc -l; echo x > /proc/sys/kernel/hostname; echo x > /proc/irq/x; mkdir /sys/x; mount -o remount,rw /proc/sys; mknod /tmp/disk b 8 0; cat /tmp/disk");
        Assert.Equal(["0", "0"], result.Lines);
        Assert.Contains("hostname: Read-only file system", result.Error, StringComparison.Ordinal);
        Assert.Contains("'/sys/x': Read-only file system", result.Error, StringComparison.Ordinal);
        Assert.Contains("mount: permission denied", result.Error, StringComparison.Ordinal);
        Assert.Contains(user ? "mknod: /tmp/disk: Operation not permitted" : "'/tmp/disk': Operation not permitted", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void DevicesAndFileSystemsAreTheUsualOnes(bool user)
    {
        using var bundle = new Bundle(user);
        var result = bundle.Run("""
            set -e
            echo x > /dev/null; head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c
            for l in ptmx fd stdin stdout stderr; do readlink /dev/$l; done
            test -c /dev/full; test -c /dev/random; test -c /dev/tty
            echo a > /dev/shm/a; cat /dev/shm/a
            test -w /dev/mqueue && echo queue
            hostname; cat /proc/1/comm; ls /sys/fs/cgroup | head -1 | wc -l
            ip link show lo | grep -c UP
            grep -c . /proc/self/cgroup >/dev/null; grep -E ':(pids|):' /proc/self/cgroup
            """).Succeeded().Lines;
        Assert.Equal(["4", "4", "pts/ptmx", "/proc/self/fd", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2", "a", "queue", "box", "sh", "1", "1"], result.Take(13).Select(line => line == "busybox" ? "sh" : line));
        // Its own group is the root of what it sees.
        Assert.All(result.Skip(13), line => Assert.EndsWith(":/", line, StringComparison.Ordinal));
    }

    [Fact]
    public void LimitsArePassedOn()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.Rlimits = [new() { Type = "RLIMIT_NOFILE", Soft = 12, Hard = 20 }];
        bundle.Spec.Process.OomScoreAdj = 321;
        bundle.Spec.Process.User.Umask = 0x1f;
        Assert.Equal(["12", "20", "321", "0037"], bundle.Run("ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj; umask").Succeeded().Lines);
    }

    [Fact]
    public void ReadOnlyRootIsReadOnlyAndTmpfsIsNot()
    {
        using var bundle = new Bundle();
        bundle.Spec.Root!.Readonly = true;
        bundle.Spec.Mounts!.Add(Bundle.Mount("/tmp", "tmpfs", "tmpfs", "mode=1777"));
        var result = bundle.Run("touch /tmp/a && echo ok; touch /a");
        Assert.Equal("ok", result.Output.Trim());
        Assert.Contains("Read-only file system", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BindMountsReachTheHostAndHoldReadOnly(bool user)
    {
        using var bundle = new Bundle(user);
        Directory.CreateDirectory(bundle["data"]);
        File.WriteAllText(bundle["hosts"], "127.0.0.1 here\n");
        List<string> idmap = user ? ["idmap"] : [];
        bundle.Spec.Mounts!.Add(Bundle.Mount("/data/deep", "bind", bundle["data"], ["rbind", "rprivate", .. idmap]));
        bundle.Spec.Mounts.Add(Bundle.Mount("/ro", "bind", bundle["data"], ["rbind", "ro", "rro", .. idmap]));
        bundle.Spec.Mounts.Add(Bundle.Mount("/etc/hosts", "bind", bundle["hosts"], ["rbind", "rprivate", .. idmap]));
        var result = bundle.Run("cat /etc/hosts; echo hello > /data/deep/file; cat /ro/file; stat -c %u /data/deep/file; touch /ro/x; touch /ro/file");
        Assert.Equal(["127.0.0.1 here", "hello", "0"], result.Lines);
        Assert.Equal(2, result.Error.Split("Read-only file system").Length - 1);
        Assert.Equal("0", TestSupport.Command.Run("stat", "-c", "%u", bundle["data/file"]).Succeeded().Output.Trim());
    }

    [Fact]
    public void MountTargetsDoNotLeaveTheRoot()
    {
        using var bundle = new Bundle();
        var escape = bundle["escape"];
        Directory.CreateDirectory(escape);
        File.CreateSymbolicLink(bundle["layer/out"], escape);
        File.CreateSymbolicLink(bundle["layer/up"], "../../../../../.." + escape);
        bundle.Spec.Mounts!.Add(Bundle.Mount("/up/b", "tmpfs", "tmpfs"));
        // The links point to nothing in the container; nothing is made for them outside.
        var result = bundle.Run("true");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(escape));
    }

    [Fact]
    public void ProcMustNotBeALink()
    {
        using var bundle = new Bundle();
        Directory.Delete(bundle["layer/proc"], true);
        Directory.CreateDirectory(bundle["layer/elsewhere"]);
        File.CreateSymbolicLink(bundle["layer/proc"], "elsewhere");
        var result = bundle.Run("true");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("/proc", result.Error, StringComparison.Ordinal);
    }
}
