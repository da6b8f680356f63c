using System.Diagnostics;
using System.Text.Json.Nodes;
using ContainerTools.Oci.Runtime;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Containers;

/// <summary>The OCI command line: create, start, state, kill, delete, run, exec, and its errors.</summary>
public sealed class LifecycleTests
{
    [Fact]
    public void CreateStartKillDelete()
    {
        using var bundle = new Bundle();
        bundle.Create("/bin/busybox", "sleep", "1000");
        Assert.Equal("created", bundle.Status());
        var pid = bundle.Pid();
        Assert.StartsWith("ctrun-init", File.ReadAllText($"/proc/{pid}/cmdline"), StringComparison.Ordinal);
        // Nothing of the host can be reached through it.
        Assert.Contains("memfd:", new FileInfo($"/proc/{pid}/exe").LinkTarget, StringComparison.Ordinal);
        bundle.Ctrun("start", bundle.Id).Succeeded();
        Assert.Equal("running", bundle.Status());
        Assert.Equal(pid, bundle.Pid());
        Assert.Equal("/bin/busybox\0sleep\0" + "1000\0", File.ReadAllText($"/proc/{pid}/cmdline"));
        Assert.NotEqual(0, bundle.Ctrun("start", bundle.Id).ExitCode);
        Assert.NotEqual(0, bundle.Ctrun("delete", bundle.Id).ExitCode);
        Assert.Contains("exists already", bundle.Ctrun("create", "--bundle", bundle[""], bundle.Id).Error, StringComparison.Ordinal);
        bundle.Ctrun("kill", bundle.Id, "SIGKILL").Succeeded();
        SpinWait.SpinUntil(() => bundle.Status() == "stopped", TimeSpan.FromSeconds(10));
        Assert.Equal("stopped", bundle.Status());
        bundle.Ctrun("delete", bundle.Id).Succeeded();
        Assert.NotEqual(0, bundle.Ctrun("state", bundle.Id).ExitCode);
        bundle.Ctrun("delete", "--force", bundle.Id).Succeeded();
        Assert.Empty(Cgroups.Of([bundle.Id]));
    }

    [Fact]
    public void ASignalRightAfterTheStartIsNotLost()
    {
        using var bundle = new Bundle();
        bundle.Create("/bin/busybox", "sh", "-c", "usleep 20000; trap 'exit 7' USR1; sleep 1000 & wait");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        bundle.Ctrun("kill", bundle.Id, "USR1").Succeeded();
        Assert.True(SpinWait.SpinUntil(() => bundle.Status() == "stopped", TimeSpan.FromSeconds(5)));
    }

    /// <summary>A signal for the runtime is one for the container: also one that comes while a hook runs and there is no process yet.</summary>
    [Theory]
    [InlineData(15, true)]
    [InlineData(2, false)]
    [InlineData(1, false)]
    public async Task SignalsGoToTheProcess(int signal, bool early)
    {
        using var bundle = new Bundle(userNamespace: false);
        // As the first process of a PID namespace it would ignore them.
        bundle.Spec.Linux!.Namespaces!.RemoveAll(item => item.Type == "pid");
        bundle.Spec.Hooks = new HooksSpec { CreateRuntime = [new() { Path = "/bin/sh", Args = ["sh", "-c", $"cat >{bundle["state.json"]}; while [ ! -e {bundle["go"]} ]; do sleep 0.01; done"] }] };
        bundle.Spec.Process!.Args = ["/bin/busybox", "sh", "-c", "echo begun; exec sleep 1000"];
        bundle.WriteConfig();
        using var run = Process.Start(new ProcessStartInfo(RepositoryPaths.Ctrun, ["--root", bundle["state"], "run", "--bundle", bundle[""], bundle.Id]) { RedirectStandardOutput = true })!;
        Assert.True(SpinWait.SpinUntil(() => File.Exists(bundle["state.json"]), TimeSpan.FromSeconds(20)));
        if (early)
            Send(run);
        File.WriteAllText(bundle["go"], "");
        if (!early)
        {
            Assert.Equal("begun", await run.StandardOutput.ReadLineAsync());
            using var exec = Process.Start(new ProcessStartInfo(RepositoryPaths.Ctrun, ["--root", bundle["state"], "exec", bundle.Id, "/bin/busybox", "sh", "-c", "echo inside; exec sleep 1000"])
            {
                RedirectStandardOutput = true,
            })!;
            Assert.Equal("inside", await exec.StandardOutput.ReadLineAsync());
            Send(exec);
            Assert.Equal(128 + signal, await End(exec));
            Assert.False(run.HasExited);
            Send(run);
        }
        Assert.Equal(128 + signal, await End(run));
        Assert.Empty(Cgroups.Of([bundle.Id]));

        void Send(Process process) => Command.Run("kill", $"-{signal}", $"{process.Id}").Succeeded();

        static async Task<int> End(Process process)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                throw;
            }
            return process.ExitCode;
        }
    }

    /// <summary>A hook that runs in the container begins in the runtime's memory, where no handler of a signal may run.</summary>
    [Fact]
    public void AFloodOfSignalsWhileHooksBeginDoesNotBreakTheRuntime()
    {
        using var bundle = new Bundle();
        HookSpec hook = new() { Path = "/bin/busybox", Args = ["true"] };
        bundle.Spec.Hooks = new HooksSpec
        {
            CreateRuntime = [new() { Path = "/bin/sh", Args = ["sh", "-c", $"trap '' TERM; cat >{bundle["begun"]}"] }],
            StartContainer = [hook, hook, hook],
        };
        bundle.Spec.Process!.Args = ["/bin/busybox", "true"];
        bundle.WriteConfig();
        // To the whole process group, as a terminal does it.
        const string Script = """
            import os, subprocess, sys
            begun, command, nothing = sys.argv[1], sys.argv[2:], subprocess.DEVNULL
            for i in range(25):
                if os.path.exists(begun):
                    os.remove(begun)
                run = subprocess.Popen(command[:-1] + [f"{command[-1]}-{i}"], stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
                while run.poll() is None and not os.path.exists(begun):
                    pass
                while run.poll() is None:
                    os.killpg(run.pid, 15)
                print(run.returncode)
                subprocess.run(command[:3] + ["delete", "--force", f"{command[-1]}-{i}"])
            """;
        var codes = Command.Run("python3", "-c", Script, bundle["begun"], RepositoryPaths.Ctrun, "--root", bundle["state"], "run", "--bundle", bundle[""], bundle.Id).Succeeded().Lines.Select(int.Parse).ToList();
        Assert.Equal(25, codes.Count);
        // The last may find it done with the container.
        Assert.All(codes, code => Assert.True(code is >= 0 or -15, $"{code}"));
        Assert.Contains(codes, code => code != 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ExitCodesAndOutputComeBackAndNothingIsLeft(bool user)
    {
        using var bundle = new Bundle(user);
        var result = bundle.Run("echo out; echo err >&2; exit 42");
        Assert.Equal((42, "out\n", "err\n"), (result.ExitCode, result.Output, result.Error));
        // PID 1 is beyond the reach of its own signals, but not of a memory limit.
        bundle.Spec.Linux!.Resources!.Memory!.Limit = 16 << 20;
        Assert.Equal(137, bundle.Run("a=x; while true; do a=$a$a; done").ExitCode);
        Assert.Empty(Cgroups.Of([bundle.Id]));
        Assert.Empty(Mounts.Beneath(bundle[""]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(bundle["state"]));
    }

    [Theory]
    [InlineData("nosuch", 127, "not found")]
    [InlineData("/bin/nosuch", 127, "no such file")]
    [InlineData("/etc/passwd", 126, "may not execute")]
    [InlineData("/etc", 126, "may not execute")]
    public void CommandsThatCannotRun(string command, int code, string message)
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.Args = [command];
        bundle.WriteConfig();
        var result = bundle.Ctrun("run", "--bundle", bundle[""], bundle.Id);
        Assert.Equal(code, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        // A missing one is an error of 'create', as engines expect; a directory could be searched, so that only the execution shows it.
        if (command != "/etc")
        {
            Assert.Equal(code, bundle.Ctrun("create", "--bundle", bundle[""], bundle.Id).ExitCode);
        }
        else
        {
            bundle.Create(command);
            Assert.Equal(code, bundle.Ctrun("start", bundle.Id).ExitCode);
            Assert.Equal("stopped", bundle.Status());
            bundle.Ctrun("delete", bundle.Id).Succeeded();
        }
        Assert.Empty(Cgroups.Of([bundle.Id]));
    }

    [Fact]
    public void OtherErrorsNameWhatIsWrong()
    {
        Check(spec => spec.Process!.Cwd = "/etc/passwd/dir", "'/etc/passwd/dir'");
        Check(spec => spec.Annotations![Engine.Specs.Annotations.User] = "zed", "'zed'");
        Check(spec => spec.Mounts!.Add(Bundle.Mount("/x", "bind", "/no/such/source", "rbind")), "'/no/such/source'");
        Check(spec => spec.Mounts!.Add(Bundle.Mount("/x", "nosuchfs", "none")), "nosuchfs");
        Check(spec => spec.Process!.User.Uid = 70000, "user id 70000", "0 to 65535");
        Check(spec => spec.Process!.Rlimits = [new() { Type = "RLIMIT_WRONG" }], "RLIMIT_WRONG");
        Check(spec => spec.Linux!.Namespaces!.RemoveAll(item => item.Type == "mount"), "mount namespace");
        Check(spec => spec.OciVersion = "invalid", "'invalid'");
        Check(spec => spec.OciVersion = "2.0.0", "2.0.0", "1.x");
        Check(spec => spec.Linux!.Sysctl = new() { ["net.no.such"] = "1" }, "net.no.such");
        Check(spec => spec.Annotations![Engine.Specs.Annotations.Layers] = "/no/layer", "/no/layer");
        Check(spec => (spec.Annotations, spec.Root!.Path) = (null, "layer/etc/passwd"), "layer/etc/passwd' cannot be opened: Not a directory");

        static void Check(Action<RuntimeSpec> change, params string[] words)
        {
            using var bundle = new Bundle();
            change(bundle.Spec);
            if (words[0].StartsWith("user id", StringComparison.Ordinal))
                bundle.Spec.Annotations!.Remove(Engine.Specs.Annotations.User);
            var result = bundle.Run("true");
            Assert.Equal(1, result.ExitCode);
            Assert.All(words, word => Assert.Contains(word, result.Error, StringComparison.Ordinal));
            Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
            Assert.Empty(Cgroups.Of([bundle.Id]));
            Assert.False(Directory.Exists(bundle["state"]) && Directory.EnumerateFileSystemEntries(bundle["state"]).Any());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ExecJoinsTheContainer(bool user)
    {
        using var bundle = new Bundle(user);
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        var own = new FileInfo($"/proc/{bundle.Pid()}/ns/mnt").LinkTarget;
        var lines = bundle.Ctrun("exec", "--user", "bob", "--cwd", "/tmp", "--env", "A=b c", bundle.Id, "sh", "-c",
            "readlink /proc/self/ns/mnt; id -u; id -G; pwd; echo $A; cat /proc/1/comm; grep -E '^(Seccomp|CapBnd|CapEff):' /proc/self/status | cut -f2; echo /proc/self/fd/*").Succeeded().Lines;
        Assert.Equal([own!, "1000", "1001 50", "/tmp", "b c", "busybox", "0000000000000000", "00000000a80425fb", "2", "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3"],
            lines.Select(line => line == "sleep" ? "busybox" : line));
        Assert.Equal(5, bundle.Ctrun("exec", bundle.Id, "sh", "-c", "exit 5").ExitCode);
        Assert.Equal(127, bundle.Ctrun("exec", bundle.Id, "nosuch").ExitCode);
        Assert.Equal(126, bundle.Ctrun("exec", bundle.Id, "/etc/passwd").ExitCode);
        Assert.Equal("typed", bundle.Ctrun(["exec", bundle.Id, "cat"], "typed").Succeeded().Output);
        File.WriteAllBytes(bundle["process.json"], RuntimeJson.WriteProcess(new ProcessSpec { Args = ["/bin/busybox", "id", "-u"], Cwd = "/", User = new() { Uid = 7, Gid = 8 } }));
        Assert.Equal("7\n", bundle.Ctrun("exec", "--process", bundle["process.json"], bundle.Id).Succeeded().Output);
        bundle.Ctrun("kill", bundle.Id, "9").Succeeded();
        SpinWait.SpinUntil(() => bundle.Status() == "stopped", TimeSpan.FromSeconds(10));
        Assert.Contains("stopped", bundle.Ctrun("exec", bundle.Id, "true").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ExecJoinsTheGroupsWhereverTheyAreMounted()
    {
        using var bundle = new Bundle();
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        var pid = bundle.Pid();
        string[] expected = File.ReadAllLines($"/proc/{pid}/cgroup");
        Assert.Contains(expected, line => line.EndsWith(bundle.Id, StringComparison.Ordinal));
        var path = bundle[$"state/{bundle.Id}/state.json"];
        var state = File.ReadAllText(path);
        var mounts = JsonNode.Parse(state)!["cgroupMounts"]!;
        Assert.NotEmpty(mounts.AsObject());
        Assert.All(mounts.AsObject(), m => Assert.True(Directory.Exists((string?)m.Value)));
        // As recorded; as another runtime leaves it; and as it is where somebody has mounted them elsewhere since.
        foreach (var known in new[] { mounts.ToJsonString(), "{}", mounts.ToJsonString().Replace("/sys/fs/cgroup", "/sys/fs/elsewhere", StringComparison.Ordinal) })
        {
            File.WriteAllText(path, state.Replace(mounts.ToJsonString(), known, StringComparison.Ordinal));
            // Not with the pipes that the result is read from.
            Command.Run("/bin/sh", ["-c", "\"$@\" < /dev/null > /dev/null 2>&1", "sh", RepositoryPaths.Ctrun, "--root", bundle["state"], "exec", "--detach", "--pid-file", bundle["pid"], bundle.Id, "sleep", "1000"]).Succeeded();
            Assert.Equal(expected, File.ReadAllLines($"/proc/{File.ReadAllText(bundle["pid"]).Trim()}/cgroup"));
        }
        Assert.Equal(0, bundle.Ctrun("delete", "--force", bundle.Id).ExitCode);
        Assert.Empty(Cgroups.Of([bundle.Id]));
    }

    [Fact]
    public void HooksRunInOrderWithTheStateOnInput()
    {
        using var bundle = new Bundle();
        HookSpec Host(string name) => new() { Path = "/bin/sh", Args = ["sh", "-c", $"cat > {bundle[name]}.json; echo {name} >> {bundle["order"]}"] };
        // In the container's mount namespace, before its root is changed: the host's files are there.
        HookSpec inside = new() { Path = "/bin/sh", Args = ["sh", "-c", $"cat > /dev/null; readlink /proc/self/ns/uts >> {bundle["names"]}; hostname >> {bundle["names"]}"] };
        File.WriteAllText(bundle["names"], "");
        File.SetUnixFileMode(bundle["names"], (UnixFileMode)0x1b6);
        File.SetUnixFileMode(bundle[""], (UnixFileMode)0x1ed);
        bundle.Spec.Hooks = new HooksSpec
        {
            Prestart = [Host("prestart")],
            CreateRuntime = [Host("createRuntime")],
            CreateContainer = [inside],
            StartContainer = [new() { Path = "/bin/busybox", Args = ["busybox", "touch", "/started"] }],
            Poststart = [Host("poststart")],
            Poststop = [Host("poststop")],
        };
        Assert.Equal("yes\n", bundle.Run("test -e /started && echo yes").Succeeded().Output);
        Assert.Equal(["prestart", "createRuntime", "poststart", "poststop"], File.ReadAllLines(bundle["order"]));
        Assert.Equal("box", File.ReadAllLines(bundle["names"])[1]);
        Assert.Contains("\"status\":\"creating\"", File.ReadAllText(bundle["createRuntime.json"]), StringComparison.Ordinal);
        bundle.Spec.Hooks = new HooksSpec { CreateRuntime = [new() { Path = "/bin/false" }] };
        var failed = bundle.Run("true");
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("createRuntime", failed.Error, StringComparison.Ordinal);
        Assert.Empty(Cgroups.Of([bundle.Id]));
    }
}
