using System.Text.Json;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Engines;

/// <summary>podman and buildah with this runtime in place of theirs.</summary>
public sealed class PodmanTests(PodmanStore store) : IClassFixture<PodmanStore>
{
    [Fact]
    public void RunGivesStreamsAndExitCodes()
    {
        var result = store.Podman(["run", "--rm", "-i", "--network", "none", "busybox:latest", "sh", "-c", "cat; echo err >&2; exit 5"], "in\n");
        Assert.Equal((5, "in\n", "err\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Equal(127, store.Podman("run", "--rm", "--network", "none", "busybox:latest", "nosuch").ExitCode);
        Assert.Equal(126, store.Podman("run", "--rm", "--network", "none", "busybox:latest", "/etc").ExitCode);
    }

    [Fact]
    public void ALifeWithExecPauseStatisticsAndStop()
    {
        var id = store.Podman("run", "-d", "--name", "life", "--network", "none", "--memory", "64m", "--pids-limit", "50", "busybox:latest", "sh", "-c",
            "trap 'exit 3' TERM; while true; do sleep 0.1; done").Succeeded().Output.Trim();
        Assert.Equal("running\n", State());
        Assert.Equal(RepositoryPaths.Ctrun + "\n", store.Podman("inspect", "life", "--format", "{{.OCIRuntime}}").Succeeded().Output);
        var exec = store.Podman(["exec", "-i", "--user", "nobody", "-w", "/tmp", "-e", "A=b", "life", "sh", "-c", "cat; id -un; pwd; echo $A; exit 4"], "typed\n");
        Assert.Equal((4, "typed\nnobody\n/tmp\nb\n"), (exec.ExitCode, exec.Output));
        store.Podman("exec", "-d", "life", "sleep", "777").Succeeded();
        Assert.True(SpinWait.SpinUntil(() => store.Podman("top", "life", "args").Output.Contains("sleep 777", StringComparison.Ordinal), TimeSpan.FromSeconds(20)));
        var statistics = JsonDocument.Parse(store.Podman("stats", "--no-stream", "--format", "json", "life").Succeeded().Output).RootElement[0];
        Assert.Contains("67.11MB", statistics.GetProperty("mem_usage").GetString(), StringComparison.Ordinal);
        store.Podman("pause", "life").Succeeded();
        Assert.Equal("paused\n", State());
        store.Podman("unpause", "life").Succeeded();
        Assert.Equal("running\n", State());
        store.Podman("stop", "life").Succeeded();
        Assert.Equal("3\n", store.Podman("inspect", "life", "--format", "{{.State.ExitCode}}").Output);
        store.Podman("start", "life").Succeeded();
        store.Podman("kill", "life").Succeeded();
        Assert.Equal("137\n", store.Podman("wait", "life").Output);
        store.Podman("rm", "life").Succeeded();
        Assert.Empty(Cgroups.Of([id]));

        string State() => store.Podman("inspect", "life", "--format", "{{.State.Status}}").Output;
    }

    [Fact]
    public void ATerminal()
    {
        // podman tells the size when it has attached, which may be after the command's start.
        var line = store.Line("run --rm -it --network none busybox:latest sh -c 'tty; i=0; until [ \"$(stty size)\" = \"33 77\" ] || [ $i -gt 50 ]; do i=$((i+1)); sleep 0.1; done; read x; echo got $x; echo size $(stty size)'");
        var output = Command.Run("script", ["-qec", $"stty rows 33 cols 77; {line}", "/dev/null"], null, "word\n").Succeeded().Output;
        Assert.Contains("/dev/pts/0", output, StringComparison.Ordinal);
        Assert.Contains("size 33 77", output, StringComparison.Ordinal);
        Assert.Contains("got word", output, StringComparison.Ordinal);
    }

    [Fact]
    public void OptionsReachTheContainer()
    {
        Directory.CreateDirectory(store["volume"]);
        var result = store.Run(["--read-only", "--tmpfs", "/x:size=1m", "-v", store["volume"] + ":/v:ro,rslave", "-v", store["volume"] + ":/m:idmap", "--hostname", "name", "--sysctl", "kernel.msgmax=4096", "--oom-score-adj", "100"],
            "touch /a; touch /v/a; touch /x/a && echo x; hostname; cat /proc/sys/kernel/msgmax /proc/self/oom_score_adj");
        Assert.Equal(["x", "name", "4096", "100"], result.Lines);
        Assert.Equal(2, result.Error.Split("Read-only file system").Length - 1);
        Assert.Equal("0 200000 1000", string.Join(' ', store.Run(["--uidmap", "0:200000:1000", "--gidmap", "0:200000:1000"], "cat /proc/self/uid_map").Succeeded().Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal("2\n", store.Run([], "grep Seccomp: /proc/self/status | cut -f2").Succeeded().Output);
        Assert.Equal("0\n", store.Run(["--privileged"], "grep Seccomp: /proc/self/status | cut -f2").Succeeded().Output);
        Assert.Contains("/libpod_parent/", store.Run(["--cgroupns", "host"], "cat /proc/self/cgroup; cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ContainersOfAPodShareNamespaces()
    {
        store.Podman("pod", "create", "--name", "pod", "--network", "none", "--uidmap", "0:300000:2000", "--gidmap", "0:300000:2000").Succeeded();
        var one = store.Podman("run", "--rm", "--pod", "pod", "busybox:latest", "sh", "-c", "readlink /proc/self/ns/ipc; readlink /proc/self/ns/user; cat /proc/self/uid_map").Succeeded().Lines;
        var two = store.Podman("run", "--rm", "--pod", "pod", "busybox:latest", "sh", "-c", "readlink /proc/self/ns/ipc; readlink /proc/self/ns/user; cat /proc/self/uid_map").Succeeded().Lines;
        Assert.Equal(one, two);
        Assert.NotEqual(new FileInfo("/proc/self/ns/user").LinkTarget, one[1]);
        // podman's own cleanup of the pause container runs beside and can hold its mount for a moment.
        Assert.True(SpinWait.SpinUntil(() => store.Podman("pod", "rm", "-f", "-t", "0", "--ignore", "pod").ExitCode == 0, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void BuildahBuildsWithIt()
    {
        File.WriteAllText(store["Containerfile"], "FROM localhost/busybox:latest\nRUN echo built > /built && id -u\nRUN test $(cat /built) = built && exit 0\n");
        var build = store.Buildah("bud", "--isolation", "oci", "--runtime", RepositoryPaths.Ctrun, "--network", "none", "--pull-never", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096",
            "-t", "out", "-f", store["Containerfile"], store["run"]);
        Assert.True(build.ExitCode == 0, build.Output + build.Error);
        var container = store.Buildah("from", "--pull-never", "localhost/out:latest").Succeeded().Output.Trim();
        Assert.Equal(3, store.Buildah("run", "--isolation", "oci", "--runtime", RepositoryPaths.Ctrun, "--network", "none", container, "--", "sh", "-c", "exit $(wc -c < /built | tr 6 3)").ExitCode);
        store.Buildah("rm", container).Succeeded();
    }
}
