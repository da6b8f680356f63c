using System.Security.Cryptography;
using ContainerTools.Runtime.Tests.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Security;

/// <summary>Ways out of a container that runtimes have had: each is tried, and the host is looked at afterwards.</summary>
public sealed class EscapeTests
{
    // CVE-2024-21626: a descriptor of the host left open while the working directory is set.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AWorkingDirectoryThroughADescriptorOfTheHost(bool user)
    {
        using var bundle = new Bundle(user);
        bundle.Spec.Process!.Args = ["/bin/busybox", "sh", "-c", "cat ../../../../etc/passwd; pwd"];
        for (var descriptor = 3; descriptor < 16; descriptor++)
        {
            bundle.Spec.Process.Cwd = $"/proc/self/fd/{descriptor}";
            bundle.WriteConfig();
            // Even one that the engine itself leaves open.
            var result = Command.Run("/bin/sh", ["-c", $"exec {RepositoryPaths.Ctrun} --root {bundle["state"]} run --bundle . {bundle.Id} 3</ 4</etc 5</ 6</"], null, "", bundle[""]);
            Assert.Equal(1, result.ExitCode);
            Assert.Contains("/proc/self/fd/", result.Error, StringComparison.Ordinal);
        }
        File.CreateSymbolicLink(bundle["upper/cwd"], "/proc/self/fd/7");
        bundle.Spec.Process.Cwd = "/";
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        for (var descriptor = 3; descriptor < 16; descriptor++)
            Assert.Contains("cannot start in the directory", bundle.Ctrun("exec", "--cwd", $"/proc/self/fd/{descriptor}", bundle.Id, "pwd").Error, StringComparison.Ordinal);
        Assert.Contains("cannot start in the directory", bundle.Ctrun("exec", "--cwd", "/cwd", bundle.Id, "pwd").Error, StringComparison.Ordinal);
        Assert.Contains("link of /proc", bundle.Ctrun("exec", "--cwd", "/proc/1/root", bundle.Id, "pwd").Error, StringComparison.Ordinal);
    }

    // CVE-2019-5736: the runtime's own binary, reached through /proc/self/exe, overwritten.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OverwritingTheRuntimeThroughAProcess(bool user)
    {
        using var bundle = new Bundle(user);
        var before = SHA256.HashData(File.ReadAllBytes(RepositoryPaths.Ctrun));
        // Whoever executes the program executes its own executable again; meanwhile another process writes to every executable that it finds.
        File.WriteAllText(bundle["layer/bin/trap"], "#!/proc/self/exe\n");
        File.SetUnixFileMode(bundle["layer/bin/trap"], (UnixFileMode)0x1ed);
        bundle.Create("/bin/busybox", "sh", "-c", "while true; do for p in /proc/[0-9]*; do case $p in /proc/1|/proc/$$) ;; *) { echo evil > $p/exe && echo $p >> /hit; } 2>/dev/null;; esac; done; done");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        for (var i = 0; i < 30; i++)
            Assert.NotEqual(0, bundle.Ctrun("exec", bundle.Id, "/bin/trap").ExitCode);
        for (var i = 0; i < 10; i++)
            _ = bundle.Ctrun("exec", bundle.Id, "true");
        Assert.False(File.Exists(bundle["upper/hit"]));
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(RepositoryPaths.Ctrun)));
    }

    // CVE-2021-30465: a path in a shared volume exchanged for a link while another container mounts there.
    [Fact]
    public async Task ALinkPutInPlaceOfAMountPointMeanwhile()
    {
        using var bundle = new Bundle(userNamespace: false);
        Directory.CreateDirectory(bundle["shared/point"]);
        Directory.CreateDirectory(bundle["outside"]);
        Directory.CreateDirectory(bundle["secret"]);
        bundle.Spec.Mounts!.Add(Bundle.Mount("/shared", "bind", bundle["shared"], "rbind"));
        bundle.Spec.Mounts.Add(Bundle.Mount("/shared/point/deep", "bind", bundle["secret"], "rbind"));
        bundle.Spec.Process!.Args = ["true"];
        bundle.WriteConfig();
        using var cancellation = new CancellationTokenSource();
        var attacker = Task.Run(() =>
        {
            var target = "../../../../../../../.." + bundle["outside"];
            File.CreateSymbolicLink(bundle["shared/link"], target);
            while (!cancellation.IsCancellationRequested)
            {
                Try(() => Directory.Move(bundle["shared/point"], bundle["shared/aside"]));
                Try(() => File.Move(bundle["shared/link"], bundle["shared/point"]));
                Try(() => File.Move(bundle["shared/point"], bundle["shared/link"]));
                Try(() => Directory.Move(bundle["shared/aside"], bundle["shared/point"]));
            }
        });
        for (var i = 0; i < 60; i++)
            _ = bundle.Ctrun("run", "--bundle", bundle[""], bundle.Id);
        await cancellation.CancelAsync();
        await attacker;
        Assert.Empty(Directory.EnumerateFileSystemEntries(bundle["outside"]));
        Assert.Empty(Mounts.Beneath(bundle[""]));

        static void Try(Action action)
        {
            try
            {
                action();
            }
            catch (IOException)
            {
                // The runtime made or holds something there at this moment.
            }
        }
    }

    // CVE-2025-31133: what covers a masked path exchanged in the image.
    [Fact]
    public void ALinkInPlaceOfWhatCoversMaskedPaths()
    {
        using var bundle = new Bundle();
        bundle.Spec.Mounts!.RemoveAll(mount => mount.Destination.StartsWith("/dev", StringComparison.Ordinal));
        Directory.CreateDirectory(bundle["layer/dev"]);
        File.CreateSymbolicLink(bundle["layer/dev/null"], "/proc/sys/kernel/core_pattern");
        var before = File.ReadAllText("/proc/sys/kernel/core_pattern");
        var result = bundle.Run("cat /proc/kcore /proc/timer_list /proc/keys | wc -c; echo '|/evil' > /proc/sys/kernel/core_pattern; echo '|/evil' > /dev/null; cat /proc/sys/kernel/core_pattern");
        Assert.True(result.ExitCode != 0 || result.Lines[0] == "0", result.Output + result.Error);
        Assert.Equal(before, File.ReadAllText("/proc/sys/kernel/core_pattern"));
    }

    // CVE-2025-52881: what the runtime writes under /proc redirected by another file system there.
    [Fact]
    public void AnotherFileSystemInPlaceOfProc()
    {
        using var bundle = new Bundle();
        Directory.CreateDirectory(bundle["fake/sys/net/ipv4"]);
        File.WriteAllText(bundle["fake/sys/net/ipv4/ip_forward"], "untouched");
        File.WriteAllText(bundle["fake/target"], "untouched");
        Command.Run("chmod", "-R", "a+rwX", bundle["fake"]).Succeeded();
        bundle.Spec.Mounts!.RemoveAll(mount => mount.Destination == "/proc");
        bundle.Spec.Mounts.Insert(0, Bundle.Mount("/proc", "bind", bundle["fake"], "rbind", "ridmap"));
        bundle.Spec.Mounts.Add(Bundle.Mount("/realproc", "proc", "proc"));
        bundle.Spec.Linux!.Sysctl = new() { ["net.ipv4.ip_forward"] = "1" };
        bundle.Spec.Process!.OomScoreAdj = 444;
        Assert.Equal(["1", "444"], bundle.Run("cat /realproc/sys/net/ipv4/ip_forward; cat /realproc/self/oom_score_adj").Succeeded().Lines);
        Assert.Equal("untouched", File.ReadAllText(bundle["fake/sys/net/ipv4/ip_forward"]));
        Assert.False(Directory.Exists(bundle["fake/self"]));
    }

    // CVE-2022-0492: a program of the host's named in release_agent.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AReleaseAgent(bool user)
    {
        using var bundle = new Bundle(user);
        var lines = bundle.Run("""
            for f in /sys/fs/cgroup/*/release_agent; do echo /evil > $f && echo written; done 2>/dev/null
            mkdir -p /mnt; unshare -UrmC sh -c 'mount -t cgroup -o pids cgroup /mnt && echo /evil > /mnt/release_agent && echo written' 2>/dev/null
            echo end
            """).Lines;
        Assert.Equal(["end"], lines);
    }

    // CVE-2020-15257: an abstract socket, which any process in the host's network namespace reaches.
    [Fact]
    public void NoAbstractSockets()
    {
        using var bundle = new Bundle();
        bundle.Spec.Linux!.Namespaces!.RemoveAll(item => item.Type == "network");
        bundle.Spec.Mounts!.RemoveAll(mount => mount.Destination == "/sys");
        var before = Abstract();
        bundle.Create("/bin/busybox", "sleep", "1000");
        Assert.DoesNotContain(Abstract().Except(before), name => name.Contains("ctrun", StringComparison.OrdinalIgnoreCase) || name.Contains("container", StringComparison.OrdinalIgnoreCase));

        static List<string> Abstract() => [.. File.ReadLines("/proc/net/unix").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 7 && words[7][0] == '@').Select(words => words[7])];
    }

    // The process that waits for its start, or for its execution, is out of reach of those inside.
    [Fact]
    public void AFurtherProcessCannotBeTracedBeforeItIsTheContainers()
    {
        using var bundle = new Bundle();
        bundle.Create("/bin/busybox", "sh", "-c", "while true; do for p in /proc/[0-9]*; do case $(cat $p/cmdline 2>/dev/null | tr '\\0' ' ') in ctrun-init*) { ls $p/root/ > /dev/null && readlink $p/cwd && cat $p/environ && echo $p >> /hit; } 2>/dev/null;; esac; done; done");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        for (var i = 0; i < 20; i++)
            bundle.Ctrun("exec", bundle.Id, "true").Succeeded();
        Assert.False(File.Exists(bundle["upper/hit"]));
    }
}
