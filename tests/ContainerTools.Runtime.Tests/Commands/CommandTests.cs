using System.Text.Json;
using ContainerTools.Runtime.Tests.Containers;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Commands;

/// <summary>The commands beside create, start, state and delete, as engines use them.</summary>
public sealed class CommandTests
{
    private static Bundle Running(params List<string> command)
    {
        var bundle = new Bundle();
        bundle.Create(command.Count > 0 ? command : ["/bin/busybox", "sleep", "1000"]);
        bundle.Ctrun("start", bundle.Id).Succeeded();
        return bundle;
    }

    [Fact]
    public void PauseStopsTimeAndResumeGoesOn()
    {
        using var bundle = Running("/bin/busybox", "sh", "-c", "while true; do date +%s%N > /tick; usleep 10000; done");
        string Tick() => File.Exists(bundle["upper/tick"]) ? File.ReadAllText(bundle["upper/tick"]) : "";
        SpinWait.SpinUntil(() => Tick().Length > 0, TimeSpan.FromSeconds(10));
        bundle.Ctrun("pause", bundle.Id).Succeeded();
        Assert.Equal("paused", bundle.Status());
        var tick = Tick();
        Thread.Sleep(200);
        Assert.Equal(tick, Tick());
        Assert.Contains("paused", bundle.Ctrun("pause", bundle.Id).Error, StringComparison.Ordinal);
        Assert.Contains("paused", bundle.Ctrun("exec", bundle.Id, "true").Error, StringComparison.Ordinal);
        Assert.NotEqual(0, bundle.Ctrun("delete", bundle.Id).ExitCode);
        bundle.Ctrun("resume", bundle.Id).Succeeded();
        Assert.Equal("running", bundle.Status());
        Assert.True(SpinWait.SpinUntil(() => Tick() != tick, TimeSpan.FromSeconds(10)));
        Assert.Contains("running", bundle.Ctrun("resume", bundle.Id).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void APausedContainerCanBeKilledAndDeleted()
    {
        using var bundle = Running();
        bundle.Ctrun("pause", bundle.Id).Succeeded();
        bundle.Ctrun("kill", bundle.Id, "KILL").Succeeded();
        Assert.True(SpinWait.SpinUntil(() => bundle.Status() == "stopped", TimeSpan.FromSeconds(10)));
        bundle.Ctrun("delete", bundle.Id).Succeeded();
        using var second = Running();
        second.Ctrun("pause", second.Id).Succeeded();
        second.Ctrun("delete", "--force", second.Id).Succeeded();
        Assert.Empty(Cgroups.Of([bundle.Id, second.Id]));
    }

    [Fact]
    public void ProcessesAreListedByTheirHostIds()
    {
        using var bundle = Running("/bin/busybox", "sh", "-c", "sleep 1000 & sleep 1001; true");
        SpinWait.SpinUntil(() => Processes().Length == 3, TimeSpan.FromSeconds(10));
        Assert.Contains(bundle.Pid(), Processes());
        var table = bundle.Ctrun("ps", bundle.Id).Succeeded().Lines;
        Assert.Equal(4, table.Count);
        Assert.Contains("PID", table[0], StringComparison.Ordinal);
        Assert.Contains(table, line => line.EndsWith("sleep 1001", StringComparison.Ordinal));
        Assert.Equal(4, bundle.Ctrun("ps", bundle.Id, "-eo", "pid,args").Succeeded().Lines.Count);
        Assert.Contains("column PID", bundle.Ctrun("ps", bundle.Id, "-eo", "args").Error, StringComparison.Ordinal);

        int[] Processes() => JsonSerializer.Deserialize<int[]>(bundle.Ctrun("ps", "--format", "json", bundle.Id).Succeeded().Output)!;
    }

    [Fact]
    public void LimitsCanBeChangedWhileItRuns()
    {
        using var bundle = Running();
        bundle.Ctrun("update", "--memory", "64m", "--pids-limit", "33", "--cpu-period", "100000", "--cpu-quota", "50000", bundle.Id).Succeeded();
        Assert.Equal("67108864", Limit("memory", "memory.limit_in_bytes", "memory.max"));
        Assert.Equal("33", Limit("pids", "pids.max", "pids.max"));
        bundle.Ctrun(["update", "--resources", "-", bundle.Id], """{"memory":{"limit":100663296},"pids":{"limit":44}}""").Succeeded();
        Assert.Equal("100663296", Limit("memory", "memory.limit_in_bytes", "memory.max"));
        Assert.Equal("44", Limit("pids", "pids.max", "pids.max"));
        Assert.Equal("100663296", Limit("memory", "memory.limit_in_bytes", "memory.max"));
        // Devices are as they were.
        Assert.Equal(0, bundle.Ctrun("exec", bundle.Id, "sh", "-c", "echo x > /dev/null").ExitCode);
        Assert.Contains("'--memory 1x'", bundle.Ctrun("update", "--memory", "1x", bundle.Id).Error, StringComparison.Ordinal);
        Assert.Contains("'--wrong'", bundle.Ctrun("update", "--wrong", "1", bundle.Id).Error, StringComparison.Ordinal);

        string Limit(string controller, string legacy, string unified)
        {
            var group = Cgroups.Of([bundle.Id]).First(path => File.Exists(Path.Combine(path, legacy)) || File.Exists(Path.Combine(path, unified)));
            return File.ReadAllText(File.Exists(Path.Combine(group, legacy)) ? Path.Combine(group, legacy) : Path.Combine(group, unified)).Trim();
        }
    }

    [Fact]
    public async Task EventsTellOfUsageAndOfKillsForWantOfMemory()
    {
        using var bundle = Running("/bin/busybox", "sh", "-c", "while ! test -e /go; do usleep 10000; done; tail -c 300m /dev/zero; sleep 0.3");
        var once = JsonDocument.Parse(bundle.Ctrun("events", "--stats", bundle.Id).Succeeded().Output).RootElement;
        Assert.Equal("stats", once.GetProperty("type").GetString());
        Assert.Equal(bundle.Id, once.GetProperty("id").GetString());
        Assert.True(once.GetProperty("data").GetProperty("cpu").GetProperty("usage").GetProperty("total").GetInt64() > 0);
        Assert.Equal(128 << 20, once.GetProperty("data").GetProperty("memory").GetProperty("usage").GetProperty("limit").GetInt64());
        Assert.True(once.GetProperty("data").GetProperty("pids").GetProperty("current").GetInt64() > 0);
        var data = once.GetProperty("data");
        Assert.True(data.GetProperty("cpu").GetProperty("throttling").GetProperty("periods").GetInt64() >= 0);
        Assert.True(data.GetProperty("memory").GetProperty("usage").GetProperty("failcnt").GetInt64() >= 0);
        Assert.True(data.GetProperty("memory").GetProperty("raw").EnumerateObject().Count() > 20);
        Assert.Contains(data.GetProperty("network_interfaces").EnumerateArray(), item => item.GetProperty("Name").GetString() == "lo" && item.GetProperty("RxBytes").GetInt64() == 0);
        Assert.Equal(JsonValueKind.Array, data.GetProperty("blkio").GetProperty("ioServiceBytesRecursive").ValueKind);
        if (Directory.Exists("/sys/fs/cgroup/cpuacct"))
        {
            Assert.Equal(data.GetProperty("cpu").GetProperty("usage").GetProperty("percpu").GetArrayLength(), Environment.ProcessorCount);
            Assert.True(data.GetProperty("memory").GetProperty("swap").GetProperty("usage").GetInt64() > 0);
            Assert.Equal(0, data.GetProperty("cpuset").GetProperty("cpus")[0].GetInt32());
        }
        var following = Task.Run(() => bundle.Ctrun("events", "--interval", "100ms", bundle.Id));
        Thread.Sleep(300);
        bundle.Ctrun("exec", bundle.Id, "touch", "/go").Succeeded();
        var types = (await following).Succeeded().Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("type").GetString()).ToList();
        Assert.True(types.Count(type => type == "stats") >= 2);
        Assert.Single(types, "oom");
        Assert.Contains("stopped", bundle.Ctrun("events", bundle.Id).Error, StringComparison.Ordinal);
        Assert.Contains("'--interval soon'", bundle.Ctrun("events", "--interval", "soon", bundle.Id).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void SpecWritesADocumentThatRuns()
    {
        using var bundle = new Bundle();
        Directory.CreateDirectory(bundle["made/rootfs"]);
        BusyboxImage.WriteRootFileSystem(bundle["made/rootfs"]);
        bundle.Ctrun("spec", "--bundle", bundle["made"]).Succeeded();
        Assert.Contains("exists already", bundle.Ctrun("spec", "--bundle", bundle["made"]).Error, StringComparison.Ordinal);
        var text = File.ReadAllText(bundle["made/config.json"]);
        Assert.Contains("\"terminal\": true", text, StringComparison.Ordinal);
        File.WriteAllText(bundle["made/config.json"], text.Replace("\"terminal\": true", "\"terminal\": false", StringComparison.Ordinal));
        Assert.Equal("ctrun\n", bundle.Ctrun(["run", "--bundle", bundle["made"], bundle.Id], "hostname\n").Succeeded().Output);
        bundle.Ctrun("spec", "--rootless", "--bundle", bundle["work"]).Succeeded();
        Assert.Contains("\"uidMappings\"", File.ReadAllText(bundle["work/config.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public void FeaturesNameWhatTheRuntimeKnows()
    {
        using var bundle = new Bundle();
        var features = JsonDocument.Parse(bundle.Ctrun("features").Succeeded().Output).RootElement;
        Assert.Equal("1.0.0", features.GetProperty("ociVersionMin").GetString());
        Assert.Contains("rro", features.GetProperty("mountOptions").EnumerateArray().Select(item => item.GetString()));
        Assert.Contains("startContainer", features.GetProperty("hooks").EnumerateArray().Select(item => item.GetString()));
        Assert.True(features.GetProperty("linux").GetProperty("seccomp").GetProperty("enabled").GetBoolean());
        Assert.True(features.GetProperty("linux").GetProperty("mountExtensions").GetProperty("idmap").GetProperty("enabled").GetBoolean());
    }

    [Fact]
    public void ListAndStateTellWhatEnginesRead()
    {
        using var bundle = Running();
        var state = JsonDocument.Parse(bundle.Ctrun("state", bundle.Id).Succeeded().Output).RootElement;
        var listed = JsonDocument.Parse(bundle.Ctrun("list", "--format", "json").Succeeded().Output).RootElement[0];
        foreach (var item in new[] { state, listed })
        {
            Assert.Equal(bundle.Id, item.GetProperty("id").GetString());
            Assert.Equal("running", item.GetProperty("status").GetString());
            Assert.Equal(bundle[""].TrimEnd('/'), item.GetProperty("bundle").GetString());
            Assert.Equal(bundle["layer"], item.GetProperty("rootfs").GetString());
            Assert.Equal("root", item.GetProperty("owner").GetString());
            Assert.True(DateTimeOffset.UtcNow - item.GetProperty("created").GetDateTimeOffset() < TimeSpan.FromMinutes(5));
        }
        Assert.Equal(bundle.Id + "\n", bundle.Ctrun("list", "-q").Succeeded().Output);
        Assert.Equal(2, bundle.Ctrun("list").Succeeded().Lines.Count);
        Assert.Contains("'--format xml'", bundle.Ctrun("list", "--format", "xml").Error, StringComparison.Ordinal);
        bundle.Ctrun("delete", "--force", bundle.Id).Succeeded();
        Assert.Equal("[]\n", bundle.Ctrun("list", "--format", "json").Succeeded().Output);
    }

    [Fact]
    public void KillAllReachesEveryProcess()
    {
        using var bundle = new Bundle(userNamespace: false);
        // Without a PID namespace the others outlive the first.
        bundle.Spec.Linux!.Namespaces!.RemoveAll(item => item.Type == "pid");
        bundle.Create("/bin/busybox", "sh", "-c", "trap '' TERM; sleep 1000 & sleep 1001 & wait");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        SpinWait.SpinUntil(() => Count() == 3, TimeSpan.FromSeconds(10));
        bundle.Ctrun("kill", bundle.Id, "0").Succeeded();
        bundle.Ctrun("kill", bundle.Id, "KILL").Succeeded();
        Assert.True(SpinWait.SpinUntil(() => bundle.Status() == "stopped", TimeSpan.FromSeconds(10)));
        bundle.Ctrun("kill", "--all", bundle.Id, "KILL").Succeeded();
        Assert.True(SpinWait.SpinUntil(() => Cgroups.Of([bundle.Id]).All(group => Cgroups.Processes(group).Count == 0), TimeSpan.FromSeconds(10)));
        Assert.Contains("stopped", bundle.Ctrun("kill", bundle.Id, "0").Error, StringComparison.Ordinal);
        bundle.Ctrun("delete", bundle.Id).Succeeded();

        int Count() => JsonSerializer.Deserialize<int[]>(bundle.Ctrun("ps", "--format", "json", bundle.Id).Succeeded().Output)!.Length;
    }

    [Fact]
    public void ErrorsGoToTheLogInItsFormat()
    {
        using var bundle = new Bundle();
        bundle.Ctrun("--log", bundle["log.json"], "--log-format", "json", "state", "nothere");
        var record = JsonDocument.Parse(File.ReadAllText(bundle["log.json"])).RootElement;
        Assert.Equal("error", record.GetProperty("level").GetString());
        Assert.Contains("'nothere'", record.GetProperty("msg").GetString(), StringComparison.Ordinal);
        Assert.True(record.TryGetProperty("time", out _));
        bundle.Ctrun("--log", bundle["log.txt"], "state", "nothere");
        Assert.Matches("^time=\"[^\"]+\" level=error msg=\".*'nothere'.*\"\n$", File.ReadAllText(bundle["log.txt"]));
        bundle.Ctrun("--log", bundle["debug.txt"], "--debug", "list").Succeeded();
        Assert.Contains("level=debug", File.ReadAllText(bundle["debug.txt"]), StringComparison.Ordinal);
        Assert.Contains("'--log-format xml'", bundle.Ctrun("--log-format", "xml", "list").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void CgroupManagersPlaceTheGroup()
    {
        using var bundle = new Bundle();
        bundle.Spec.Linux!.CgroupsPath = "ctrun-test.slice:pre:" + bundle.Id;
        bundle.Spec.Linux.Namespaces!.RemoveAll(item => item.Type == "cgroup");
        bundle.Spec.Process!.Args = ["/bin/busybox", "cat", "/proc/self/cgroup"];
        bundle.WriteConfig();
        var lines = bundle.Ctrun("--systemd-cgroup", "run", "--bundle", bundle[""], bundle.Id).Succeeded().Lines;
        Assert.Contains(lines, line => line.EndsWith($":/ctrun.slice/ctrun-test.slice/pre-{bundle.Id}.scope", StringComparison.Ordinal));
        Assert.Empty(Cgroups.Of(["/ctrun.slice"]));
        lines = bundle.Ctrun("--cgroup-manager", "disabled", "run", "--bundle", bundle[""], bundle.Id).Succeeded().Lines;
        Assert.DoesNotContain(lines, line => line.Contains(bundle.Id, StringComparison.Ordinal));
        bundle.Spec.Linux.CgroupsPath = "/plain/path";
        bundle.WriteConfig();
        Assert.Contains("slice:prefix:name", bundle.Ctrun("--systemd-cgroup", "run", "--bundle", bundle[""], bundle.Id).Error, StringComparison.Ordinal);
    }
}
