using ContainerTools.Runtime.Tests.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Commands;

/// <summary>Options of create, run and exec that engines give.</summary>
public sealed class OptionTests
{
    private static CommandResult Shell(Bundle bundle, string script) =>
        Command.Run("/bin/sh", ["-c", script.Replace("CTRUN", $"{RepositoryPaths.Ctrun} --root {bundle["state"]}", StringComparison.Ordinal)], null, "", bundle[""]);

    [Fact]
    public void DescriptorsArePassedOnAndNoOthers()
    {
        using var bundle = new Bundle();
        File.WriteAllText(bundle["three"], "3\n");
        File.WriteAllText(bundle["four"], "4\n");
        bundle.Spec.Process!.Args = ["/bin/busybox", "sh", "-c", "cat <&3; cat <&4; ls /proc/self/fd | wc -l"];
        bundle.WriteConfig();
        // 0, 1, 2, the two, and the one that ls reads the directory with.
        Assert.Equal(["3", "4", "6"], Shell(bundle, $"CTRUN run --preserve-fds 2 --bundle . {bundle.Id} 3<three 4<four 5<three 9<four").Succeeded().Lines);
        Assert.Contains("Descriptor 4", Shell(bundle, $"CTRUN run --preserve-fds 2 --bundle . {bundle.Id} 3<three").Error, StringComparison.Ordinal);
        Assert.Contains("--preserve-fds", Shell(bundle, $"CTRUN run --preserve-fds -1 --bundle . {bundle.Id}").Error, StringComparison.Ordinal);
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        Assert.Equal(["3", "5"], Shell(bundle, $"CTRUN exec --preserve-fds 1 {bundle.Id} sh -c 'cat <&3; ls /proc/self/fd | wc -l' 3<three 7<four").Succeeded().Lines);
    }

    [Fact]
    public void StandardStreamsThatAreClosedAreNobodyElses()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.Args = ["/bin/busybox", "sh", "-c", "for i in 0 1 2; do readlink /proc/self/fd/$i; done > /tmp/fds; ls /proc/self/fd | wc -l >> /tmp/fds; sleep 60"];
        bundle.WriteConfig();
        // Detached, it does not wait for the command.
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Shell(bundle, $"exec <&- >&- 2>&-; CTRUN run --detach --bundle . {bundle.Id}").Succeeded();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
        Assert.True(SpinWait.SpinUntil(() => File.Exists(bundle["upper/tmp/fds"]) && File.ReadAllLines(bundle["upper/tmp/fds"]).Length == 4, TimeSpan.FromSeconds(20)));
        // Standard output is the file, and ls has the directory open.
        Assert.Equal(["/dev/null", "/tmp/fds", "/dev/null", "4"], File.ReadAllLines(bundle["upper/tmp/fds"]));
        Shell(bundle, $"exec <&- >&- 2>&-; CTRUN exec {bundle.Id} sh -c 'for i in 0 2; do readlink /proc/self/fd/$i; done > /tmp/second'").Succeeded();
        Assert.Equal(["/dev/null", "/dev/null"], File.ReadAllLines(bundle["upper/tmp/second"]));
    }

    [Fact]
    public void SocketsToListenOnArePassedOn()
    {
        using var bundle = new Bundle();
        File.WriteAllText(bundle["three"], "3\n");
        bundle.Spec.Process!.Args = ["/bin/busybox", "sh", "-c", "cat <&3; echo $LISTEN_FDS $LISTEN_PID $$"];
        bundle.WriteConfig();
        Assert.Equal(["3", "1 1 1"], Shell(bundle, $"exec 3<three; LISTEN_FDS=1 LISTEN_PID=$$ exec CTRUN run --bundle . {bundle.Id}").Succeeded().Lines);
        // Meant for another process.
        Assert.Contains("Bad file descriptor", Shell(bundle, $"exec 3<three; LISTEN_FDS=1 LISTEN_PID=1 exec CTRUN run --bundle . {bundle.Id}").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void PidFilesNameTheProcess()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.Args = ["/bin/busybox", "sleep", "1000"];
        bundle.WriteConfig();
        Shell(bundle, $"CTRUN run --detach --pid-file pid --bundle . {bundle.Id} </dev/null >out 2>&1").Succeeded();
        Assert.Equal(bundle.Pid().ToString(System.Globalization.CultureInfo.InvariantCulture), File.ReadAllText(bundle["pid"]));
        Shell(bundle, $"CTRUN exec --detach --pid-file second {bundle.Id} sleep 999 </dev/null >out 2>&1").Succeeded();
        Assert.Equal("sleep\0" + "999\0", File.ReadAllText($"/proc/{File.ReadAllText(bundle["second"])}/cmdline"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WithoutPivotTheRootIsTheContainersToo(bool user)
    {
        using var bundle = new Bundle(user);
        bundle.Spec.Process!.Args = ["/bin/busybox", "sh", "-c", "hostname; ls /; cat /proc/self/mountinfo | wc -l; ls /work 2>&1"];
        bundle.WriteConfig();
        var with = bundle.Ctrun("run", "--bundle", bundle[""], bundle.Id).Output;
        var result = bundle.Ctrun("run", "--no-pivot", "--bundle", bundle[""], bundle.Id);
        Assert.Equal(with, result.Output);
        Assert.StartsWith("box\n", result.Output, StringComparison.Ordinal);
        Assert.Empty(Mounts.Beneath(bundle[""]));
    }

    [Fact]
    public void ADocumentElsewhereAndAKeptContainer()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.Args = ["/bin/busybox", "true"];
        bundle.WriteConfig();
        File.Move(bundle["config.json"], bundle["other.json"]);
        bundle.Ctrun("run", "--keep", "--config", bundle["other.json"], "--bundle", bundle[""], bundle.Id).Succeeded();
        Assert.Equal("stopped", bundle.Status());
        bundle.Ctrun("delete", bundle.Id).Succeeded();
    }

    [Fact]
    public void FurtherProcessesGetWhatIsAskedFor()
    {
        using var bundle = new Bundle();
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        var lines = bundle.Ctrun("exec", "--user", "1000:50", "--additional-gids", "77", "--cap", "CAP_SYS_TIME", "--no-new-privs", "--cwd", "/tmp", "-e", "A=1", "-e", "A=2", bundle.Id,
            "sh", "-c", "id -u; id -g; id -G; grep -E '^(NoNewPrivs|CapBnd)' /proc/self/status | cut -f2; pwd; echo $A").Succeeded().Lines;
        Assert.Equal(["1000", "50", "50 77", "00000000aa0425fb", "1", "/tmp", "2"], lines.Take(3).Concat(lines.Skip(3).Take(2).Order(StringComparer.Ordinal)).Concat(lines.Skip(5)));
        bundle.Ctrun("pause", bundle.Id).Succeeded();
        Assert.Contains("--ignore-paused", bundle.Ctrun("exec", bundle.Id, "true").Error, StringComparison.Ordinal);
        bundle.Ctrun("resume", bundle.Id).Succeeded();
        Assert.Contains("'--wrong'", bundle.Ctrun("exec", "--wrong", bundle.Id, "true").Error, StringComparison.Ordinal);
        Assert.Contains("missing", bundle.Ctrun("exec", bundle.Id).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AProcessGoesIntoAGroupBelowTheContainers()
    {
        using var bundle = new Bundle();
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        var groups = Cgroups.Of([bundle.Id]);
        foreach (var group in groups)
        {
            Directory.CreateDirectory(Path.Combine(group, "below"));
            // A new cpuset takes no process.
            foreach (var file in new[] { "cpuset.cpus", "cpuset.mems" }.Where(file => File.Exists(Path.Combine(group, file)) && group.StartsWith("/sys/fs/cgroup/cpuset/", StringComparison.Ordinal)))
                File.WriteAllText(Path.Combine(group, "below", file), File.ReadAllText(Path.Combine(group, file)));
        }
        Shell(bundle, $"CTRUN exec --detach --pid-file pid --cgroup below {bundle.Id} sleep 1000 >/dev/null 2>&1").Succeeded();
        var pid = int.Parse(File.ReadAllText(bundle["pid"]), System.Globalization.CultureInfo.InvariantCulture);
        Assert.All(groups, group => Assert.Contains(pid, Cgroups.Processes(Path.Combine(group, "below"))));
        if (Directory.Exists("/sys/fs/cgroup/pids"))
        {
            Shell(bundle, $"CTRUN exec --detach --pid-file pid --cgroup pids:/below {bundle.Id} sleep 1000 >/dev/null 2>&1").Succeeded();
            pid = int.Parse(File.ReadAllText(bundle["pid"]), System.Globalization.CultureInfo.InvariantCulture);
            Assert.All(groups, group => Assert.Contains(pid, Cgroups.Processes(group.StartsWith("/sys/fs/cgroup/pids/", StringComparison.Ordinal) ? Path.Combine(group, "below") : group)));
        }
        Assert.Contains("There is no control group", bundle.Ctrun("exec", "--cgroup", "nowhere", bundle.Id, "true").Error, StringComparison.Ordinal);
        Assert.Contains("not the path", bundle.Ctrun("exec", "--cgroup", "../..", bundle.Id, "true").Error, StringComparison.Ordinal);
        Assert.Contains("'nonsense'", bundle.Ctrun("exec", "--cgroup", "nonsense:below", bundle.Id, "true").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void TheProcessItselfGoesToThePidfdSocket()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.Args = ["/bin/busybox", "sleep", "1000"];
        bundle.WriteConfig();
        using var server = new DescriptorServer(bundle["pidfd.sock"]);
        Shell(bundle, $"CTRUN create --pidfd-socket pidfd.sock {bundle.Id} </dev/null >/dev/null 2>&1").Succeeded();
        AssertProcess(server, bundle.Pid());
        bundle.Ctrun("start", bundle.Id).Succeeded();
        Shell(bundle, $"CTRUN exec --detach --pid-file pid --pidfd-socket pidfd.sock {bundle.Id} sleep 1000 >/dev/null 2>&1").Succeeded();
        AssertProcess(server, int.Parse(File.ReadAllText(bundle["pid"]), System.Globalization.CultureInfo.InvariantCulture));
        Assert.Contains("Nobody listens", bundle.Ctrun("exec", "--pidfd-socket", "/no/such/socket", bundle.Id, "true").Error, StringComparison.Ordinal);
    }

    private static void AssertProcess(DescriptorServer server, int pid)
    {
        var (word, descriptor) = server.Accept();
        using (descriptor)
        {
            Assert.Equal("pidfd", word);
            // proc_pid_fdinfo(5): a pidfd names its process.
            Assert.Contains($"Pid:\t{pid}\n", File.ReadAllText($"/proc/self/fdinfo/{descriptor.DangerousGetHandle()}"), StringComparison.Ordinal);
        }
    }
}
