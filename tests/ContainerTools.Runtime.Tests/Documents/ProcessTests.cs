using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.Tests.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Documents;

/// <summary>config.json: what a process is given beside its command.</summary>
public sealed partial class ProcessTests
{
    [Fact]
    public void PersonalityIsSet()
    {
        using var bundle = new Bundle();
        bundle.Spec.Linux!.Personality = new() { Domain = "LINUX32" };
        Assert.Matches("^(i686|armv8l)$", bundle.Run("uname -m").Succeeded().Output.Trim());
        bundle.Spec.Linux.Personality.Domain = "UNIX";
        Assert.Contains("UNIX", bundle.Run("true").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void SchedulerAndIoPriorityAreSetAlsoForFurtherProcesses()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.Scheduler = new() { Policy = "SCHED_BATCH", Nice = 7 };
        bundle.Spec.Process.IoPriority = new() { Class = "IOPRIO_CLASS_BE", Priority = 6 };
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        var own = File.ReadAllText($"/proc/{bundle.Pid()}/stat").Split(' ');
        Assert.Equal(("7", "3"), (own[18], own[40]));
        Assert.Contains("best-effort: prio 6", Command.Run("ionice", "-p", bundle.Pid().ToString(CultureInfo.InvariantCulture)).Succeeded().Output, StringComparison.Ordinal);
        var further = bundle.Ctrun("exec", bundle.Id, "cat", "/proc/self/stat").Succeeded().Output.Split(' ');
        Assert.Equal(("7", "3"), (further[18], further[40]));
        bundle.Ctrun("delete", "--force", bundle.Id).Succeeded();
        bundle.Spec.Process.Scheduler.Policy = "SCHED_NOW";
        Assert.Contains("SCHED_NOW", bundle.Run("true").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void FurtherProcessesAreBoundToTheirCpus()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.ExecCpuAffinity = new() { Initial = "0", Final = "1" };
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        Assert.Equal("1\n", bundle.Ctrun("exec", bundle.Id, "sh", "-c", "grep Cpus_allowed_list /proc/self/status | cut -f2").Succeeded().Output);
        File.WriteAllBytes(bundle["process.json"], RuntimeJson.WriteProcess(new ProcessSpec { Args = ["true"], Cwd = "/", ExecCpuAffinity = new() { Initial = "1-x" } }));
        Assert.Contains("'1-x'", bundle.Ctrun("exec", "--process", bundle["process.json"], bundle.Id).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void FiveSetsOfCapabilities()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.Capabilities = new()
        {
            Bounding = ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_NET_RAW"],
            Permitted = ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"],
            Effective = ["CAP_CHOWN", "CAP_KILL"],
            Inheritable = ["CAP_CHOWN", "CAP_SETUID"],
            Ambient = ["CAP_CHOWN"],
        };
        bundle.Spec.Process.User.Uid = 1000;
        bundle.Spec.Process.Args = ["cat", "/proc/self/status"];
        bundle.WriteConfig();
        var status = bundle.Ctrun("run", "--bundle", bundle[""], bundle.Id).Succeeded().Lines.Where(line => line.StartsWith("Cap", StringComparison.Ordinal)).ToDictionary(line => line[3..6], line => Convert.ToUInt64(line[8..], 16));
        // For an ordinary user only the ambient ones outlive the execution.
        Assert.Equal(0x81ul, status["Inh"]);
        Assert.Equal(0x1ul, status["Prm"]);
        Assert.Equal(0x1ul, status["Eff"]);
        Assert.Equal(0x20a1ul, status["Bnd"]);
        Assert.Equal(0x1ul, status["Amb"]);
    }

    [Fact]
    public void KernelParametersOfItsNamespacesOnly()
    {
        using var bundle = new Bundle();
        bundle.Spec.Linux!.Sysctl = new() { ["net.ipv4.ip_forward"] = "1", ["kernel.msgmax"] = "4096", ["net/ipv4/conf/lo/rp_filter"] = "2", ["fs.mqueue.msg_max"] = "11" };
        Assert.Equal(["1", "4096", "2", "11"], bundle.Run("cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/net/ipv4/conf/lo/rp_filter /proc/sys/fs/mqueue/msg_max").Succeeded().Lines);
        foreach (var user in new[] { true, false })
        {
            using var other = new Bundle(user);
            other.Spec.Linux!.Sysctl = new() { ["kernel.core_pattern"] = "|/bin/evil" };
            Assert.Contains("belongs to no namespace", other.Run("true").Error, StringComparison.Ordinal);
            other.Spec.Linux.Sysctl = new() { ["net.ipv4.ip_forward"] = "1" };
            other.Spec.Linux.Namespaces!.RemoveAll(item => item.Type == "network");
            Assert.Contains("no network namespace", other.Run("true").Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ProtectionThatTheKernelDoesNotHaveIsAnError()
    {
        var modules = Linux.KernelFeatures.SecurityModules;
        if (!modules.Contains("apparmor"))
            Check(spec => spec.Process!.ApparmorProfile = "some-profile", "some-profile", "would not be confined");
        if (!modules.Contains("selinux"))
            Check(spec => spec.Process!.SelinuxLabel = "system_u:system_r:container_t:s0", "container_t", "would not be confined");
        Check(spec => spec.Linux!.IntelRdt = new() { ClosID = "x" }, "intelRdt");
        Check(spec => spec.Linux!.Resources!.Unified = new() { ["memory.high"] = "1" }, "memory.high");
        Check(spec => spec.Linux!.Resources!.Rdma = new() { ["mlx5_1"] = new() { HcaHandles = 3 } }, "rdma");
        Check(spec => spec.Linux!.Resources!.HugepageLimits = [new() { PageSize = "3MB", Limit = 1 }], "hugetlb");

        static void Check(Action<RuntimeSpec> change, params string[] words)
        {
            // On a machine with version 2 alone, these two are possible.
            using var bundle = new Bundle();
            change(bundle.Spec);
            var result = bundle.Run("true");
            Assert.Equal(1, result.ExitCode);
            Assert.All(words, word => Assert.Contains(word, result.Error, StringComparison.Ordinal));
            Assert.Empty(Cgroups.Of([bundle.Id]));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ADeviceCanHaveAnotherNameInside(bool user)
    {
        using var bundle = new Bundle(user);
        bundle.Spec.Linux!.Devices = [new() { Path = "/dev/sub/nothing", Type = "c", Major = 1, Minor = 3, FileMode = 0x1b6 }, new() { Path = "/dev/pipe", Type = "p", FileMode = 0x180 }];
        Assert.Equal(["1:3", "fifo"], bundle.Run("stat -c %t:%T /dev/sub/nothing; echo x > /dev/sub/nothing; test -p /dev/pipe && echo fifo").Succeeded().Lines);
        bundle.Spec.Linux.Devices = [new() { Path = "/dev/unknown", Type = "c", Major = 250, Minor = 77 }];
        if (user)
            Assert.Contains("'/dev/unknown' (c 250:77)", bundle.Run("true").Error, StringComparison.Ordinal);
        bundle.Spec.Linux.Devices = [new() { Path = "/dev/x", Type = "z" }];
        Assert.Contains("'z'", bundle.Run("true").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void HooksGetTheStateAndTheirEnvironmentAndATimeLimit()
    {
        using var bundle = new Bundle();
        HookSpec Hook(string name) => new() { Path = "/bin/sh", Args = ["sh", "-c", $"cat > {bundle[name]}; echo $A >> {bundle["env"]}"], Env = ["A=" + name, "PATH=/bin:/usr/bin"] };
        bundle.Spec.Hooks = new() { Prestart = [Hook("prestart")], CreateRuntime = [Hook("createRuntime")], Poststart = [Hook("poststart")], Poststop = [Hook("poststop")] };
        bundle.Spec.Annotations!["org.test"] = "yes";
        bundle.Run("true").Succeeded();
        foreach (var (name, status) in new[] { ("prestart", "created"), ("createRuntime", "creating"), ("poststart", "running"), ("poststop", "stopped") })
        {
            var state = JsonDocument.Parse(File.ReadAllText(bundle[name])).RootElement;
            Assert.Equal(status, state.GetProperty("status").GetString());
            Assert.Equal(bundle.Id, state.GetProperty("id").GetString());
            Assert.Equal("yes", state.GetProperty("annotations").GetProperty("org.test").GetString());
            Assert.Equal(status != "stopped", state.TryGetProperty("pid", out var pid) && pid.GetInt32() > 0);
        }
        Assert.Equal(["prestart", "createRuntime", "poststart", "poststop"], File.ReadAllLines(bundle["env"]));
        bundle.Spec.Hooks = new() { CreateRuntime = [new() { Path = "/bin/sleep", Args = ["sleep", "60"], Timeout = 1 }] };
        Assert.Contains("within 1 s", bundle.Run("true").Error, StringComparison.Ordinal);
        bundle.Spec.Hooks = new() { StartContainer = [new() { Path = "/bin/busybox", Args = ["busybox", "false"] }] };
        Assert.Contains("startContainer", bundle.Run("true").Error, StringComparison.Ordinal);
        bundle.Spec.Hooks = new() { CreateContainer = [new() { Path = "/no/such/hook" }] };
        Assert.Contains("/no/such/hook", bundle.Run("true").Error, StringComparison.Ordinal);
        Assert.Empty(Cgroups.Of([bundle.Id]));
    }

    [Fact]
    public void WhatHooksWriteIsNotTheContainersAndTellsWhyTheyFailed()
    {
        using var bundle = new Bundle();
        HookSpec Hook(string script) => new() { Path = "/bin/sh", Args = ["sh", "-c", script], Env = ["PATH=/bin:/usr/bin"] };
        bundle.Spec.Hooks = new() { Prestart = [Hook("echo talk; echo talk >&2")], StartContainer = [Hook("echo talk; echo talk >&2")], Poststop = [Hook("echo talk")] };
        var quiet = bundle.Run("echo said");
        Assert.Equal(("said\n", ""), (quiet.Output, quiet.Error));
        bundle.Spec.Hooks = new() { CreateRuntime = [Hook("echo begun; echo no such card >&2; exit 3")] };
        Assert.Contains("createRuntime hook '/bin/sh' failed with exit code 3: begun\nno such card", bundle.Run("true").Error, StringComparison.Ordinal);
        bundle.Spec.Hooks = new() { StartContainer = [Hook("echo not inside >&2; exit 4")] };
        Assert.Contains("startContainer hook '/bin/sh' failed with exit code 4: not inside", bundle.Run("true").Error, StringComparison.Ordinal);
        bundle.Spec.Hooks = new() { Poststop = [new() { Path = "/bin/true", Timeout = -1 }] };
        Assert.Contains("poststop hook '/bin/true' has a time limit of -1 s", bundle.Run("true").Error, StringComparison.Ordinal);
        // Who stays behind cannot fill the memory.
        bundle.Spec.Hooks = new() { CreateRuntime = [Hook($"(yes; echo full >{bundle["full"]}) 2>/dev/null &")] };
        bundle.Run("true").Succeeded();
        Assert.True(SpinWait.SpinUntil(() => File.Exists(bundle["full"]), TimeSpan.FromSeconds(20)));
        bundle.Spec.Hooks = new() { Poststop = [new() { Path = "true" }] };
        Assert.Contains("poststop hook 'true' is not an absolute path", bundle.Run("true").Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AWorkingDirectoryThatIsMissingIsMade(bool user)
    {
        using var bundle = new Bundle(user);
        bundle.Spec.Process!.User = new() { Uid = 1000, Gid = 1001 };
        bundle.Spec.Process.Cwd = "/srv/./new/deep";
        bundle.Spec.Root!.Readonly = true;
        Assert.Equal(["/srv/new/deep", "0:0 755"], bundle.Run("pwd; stat -c '%u:%g %a' .").Succeeded().Lines);
        File.CreateSymbolicLink(bundle["layer/link"], "../../../srv");
        bundle.Spec.Process.Cwd = "/link/other";
        Assert.Equal("/srv/other\n", bundle.Run("pwd -P").Succeeded().Output);
        bundle.Spec.Process.Cwd = "/etc/passwd/x";
        Assert.Contains("'/etc/passwd/x': Not a directory", bundle.Run("true").Error, StringComparison.Ordinal);
        bundle.Spec.Process.Cwd = "/";
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        // A further process finds what is there: nobody asked for a directory.
        Assert.Contains("'/no/such'", bundle.Ctrun("exec", "--cwd", "/no/such", bundle.Id, "true").Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(bundle["upper/no"]));
    }

    [Fact]
    public void OfAVariableThatIsThereTwiceTheLastCounts()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.Env!.AddRange(["A=1", "B=2", "A=3", "AA=4"]);
        Assert.Equal(["B=2", "A=3", "AA=4"], bundle.Run("cat /proc/1/environ | tr '\\0' '\\n' | grep -E '^(A|B|AA)='").Succeeded().Lines);
    }

    [Fact]
    public void ValuesThatCannotBeAreErrors()
    {
        Check(process => process.IoPriority = new() { Class = "IOPRIO_CLASS_BE", Priority = 8 }, "I/O priority is 8");
        Check(process => process.Rlimits = [new() { Type = "RLIMIT_NOFILE", Soft = 10, Hard = 10 }, new() { Type = "RLIMIT_CORE" }, new() { Type = "RLIMIT_NOFILE", Soft = 9, Hard = 9 }], "'RLIMIT_NOFILE' twice");
        Check(process => process.Args = ["/bin/sh\0x"], "'/bin/sh\\0x' contains a NUL character.\n");
        using var bundle = new Bundle();
        bundle.Spec.Linux!.Resources!.Memory!.Swappiness = 101;
        Assert.Contains("swappiness is 101", bundle.Run("true").Error, StringComparison.Ordinal);
        bundle.Spec.Linux.Resources.Memory.Swappiness = null;
        foreach (var path in new[] { "/", "../../x", "/a/../b" })
        {
            bundle.Spec.Linux.CgroupsPath = path;
            Assert.Contains($"cgroupsPath '{path}'", bundle.Run("true").Error, StringComparison.Ordinal);
        }

        static void Check(Action<ProcessSpec> change, string message)
        {
            using var bundle = new Bundle();
            bundle.Spec.Process!.Args = ["/bin/busybox", "true"];
            change(bundle.Spec.Process);
            bundle.WriteConfig();
            Assert.Contains(message, bundle.Ctrun("run", "--bundle", bundle[""], bundle.Id).Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void LimitsOfZeroAreNoLimits()
    {
        using var bundle = new Bundle();
        bundle.Spec.Linux!.Resources!.Memory = new() { Limit = 0, Swap = 0, Reservation = 0, Kernel = 0, KernelTcp = 0 };
        bundle.Spec.Linux.Resources.Cpu = new() { Shares = 0, Quota = 0, Period = 0, RealtimeRuntime = 0, RealtimePeriod = 0 };
        bundle.Run("true").Succeeded();
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun(["update", "--resources", "-", bundle.Id], """{"memory":{"limit":67108864},"cpu":{"quota":0,"period":0}}""").Succeeded();
    }

    [Fact]
    public void WhatAProcessDocumentLeavesOutIsAsInTheContainer()
    {
        using var bundle = new Bundle();
        bundle.Spec.Process!.Rlimits = [new() { Type = "RLIMIT_NOFILE", Soft = 123, Hard = 124 }];
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        var script = "grep Cap /proc/self/status; ulimit -n";
        var own = bundle.Ctrun("exec", bundle.Id, "sh", "-c", script).Succeeded().Output;
        Assert.EndsWith("\n123\n", own, StringComparison.Ordinal);
        Assert.Equal(own, Exec(new() { Args = ["sh", "-c", script] }));
        Assert.DoesNotContain(own, Exec(new() { Args = ["sh", "-c", script], Capabilities = new() }), StringComparison.Ordinal);
        Assert.EndsWith("\n77\n", Exec(new() { Args = ["sh", "-c", script], Rlimits = [new() { Type = "RLIMIT_NOFILE", Soft = 77, Hard = 77 }] }), StringComparison.Ordinal);

        string Exec(ProcessSpec process)
        {
            process.Cwd = "/";
            process.Env = ["PATH=/bin"];
            File.WriteAllBytes(bundle["process.json"], RuntimeJson.WriteProcess(process));
            return bundle.Ctrun("exec", "--process", bundle["process.json"], bundle.Id).Succeeded().Output;
        }
    }

    [Fact]
    public void AFailedPoststartHookEndsTheContainerAPoststopHookIsOnlyWarnedOf()
    {
        using var bundle = new Bundle();
        bundle.Spec.Hooks = new()
        {
            Poststart = [new() { Path = "/bin/false" }],
            Poststop = [new() { Path = "/no/such/hook" }, new() { Path = "/bin/touch", Args = ["touch", bundle["after"]] }],
        };
        bundle.Create("/bin/busybox", "sleep", "1000");
        var started = bundle.Ctrun("start", bundle.Id);
        Assert.Equal(1, started.ExitCode);
        Assert.Contains("poststart hook '/bin/false'", started.Error, StringComparison.Ordinal);
        Assert.Equal("stopped", bundle.Status());
        Assert.Contains("warning: The poststop hook '/no/such/hook'", bundle.Ctrun("delete", bundle.Id).Succeeded().Error, StringComparison.Ordinal);
        Assert.True(File.Exists(bundle["after"]));
        Assert.Empty(Cgroups.Of([bundle.Id]));
    }

    [Fact]
    public void CapabilitiesThatCannotBeGivenAreWarnedOf()
    {
        using var bundle = new Bundle();
        bundle.Spec.OciVersion = "1.0.2-dev";
        bundle.Spec.Process!.Capabilities!.Bounding!.Add("CAP_NOSUCH");
        var result = bundle.Run("grep CapBnd /proc/self/status | cut -f2").Succeeded();
        Assert.Equal("00000000a80425fb\n", result.Output);
        Assert.Contains("warning: The process goes without CAP_NOSUCH:", result.Error, StringComparison.Ordinal);
        // With a log, the container's standard error is left alone.
        Assert.Equal("", bundle.Ctrun("--log", bundle["log"], "run", "--bundle", bundle[""], bundle.Id).Succeeded().Error);
        Assert.Contains("level=warning msg=\"The process goes without CAP_NOSUCH:", File.ReadAllText(bundle["log"]), StringComparison.Ordinal);
    }

    [Fact]
    public void ASessionKeyringOfItsOwnUnlessNotWanted()
    {
        using var bundle = new Bundle(userNamespace: false);
        bundle.Spec.Linux!.MaskedPaths!.Remove("/proc/keys");
        bundle.Spec.Linux.Seccomp = null;
        bundle.Spec.Annotations!.Remove(Engine.Specs.Annotations.Seccomp);
        // Who is not root sees the keys that he possesses, by his session keyring above all.
        bundle.Spec.Process!.User.Uid = 1000;
        bundle.Spec.Process.Args = ["/bin/busybox", "cat", "/proc/keys"];
        bundle.WriteConfig();
        var (own, shared) = ("", "");
        // The keyring is the thread's, and of the processes that it starts.
        var thread = new Thread(() =>
        {
            Assert.True(keyctl(1 /* KEYCTL_JOIN_SESSION_KEYRING */, bundle.Id) > 0);
            own = bundle.Ctrun("run", "--bundle", bundle[""], bundle.Id).Succeeded().Output;
            shared = bundle.Ctrun("run", "--no-new-keyring", "--bundle", bundle[""], bundle.Id).Succeeded().Output;
        });
        thread.Start();
        thread.Join();
        Assert.DoesNotContain(bundle.Id, own, StringComparison.Ordinal);
        Assert.Contains("_ses", own, StringComparison.Ordinal);
        Assert.Contains(bundle.Id, shared, StringComparison.Ordinal);
    }

    private static long keyctl(long operation, string name) => syscall(RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 250 : 219, operation, name);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long syscall(long number, long operation, string name);
}
