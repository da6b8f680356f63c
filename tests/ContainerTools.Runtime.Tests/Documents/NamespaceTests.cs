using System.Diagnostics;
using System.Globalization;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.Tests.Containers;

namespace ContainerTools.Runtime.Tests.Documents;

/// <summary>config.json: namespaces by path, and the time namespace.</summary>
public sealed class NamespaceTests
{
    private static readonly string[] Paths = ["pid", "network", "ipc", "uts", "user"];

    [Fact]
    public void AUserNamespaceCanBeJoinedWithNewOnesBelowIt()
    {
        using var first = new Bundle();
        first.Create("/bin/busybox", "sleep", "1000");
        using var second = new Bundle();
        second.Spec.Linux!.UidMappings = second.Spec.Linux.GidMappings = null;
        second.Spec.Linux.Namespaces!.Find(item => item.Type == "user")!.Path = $"/proc/{first.Pid()}/ns/user";
        var result = second.Run("readlink /proc/self/ns/user; echo $$; id -u; stat -c %u:%g /bin/busybox /etc; cat /proc/self/uid_map; touch /made && stat -c %u /made; readlink /proc/1/ns/pid; ls -d /proc/[0-9]* | wc -l");
        var lines = result.Succeeded().Lines;
        Assert.Equal(new FileInfo($"/proc/{first.Pid()}/ns/user").LinkTarget, lines[0]);
        Assert.Equal(["1", "0", "0:0", "0:0"], lines.Skip(1).Take(4));
        Assert.Equal("0 700000 65536", string.Join(' ', lines[5].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal("0", lines[6]);
        Assert.NotEqual(new FileInfo("/proc/self/ns/pid").LinkTarget, lines[7]);
        // And a further process in it.
        second.Create("/bin/busybox", "sleep", "1000");
        second.Ctrun("start", second.Id).Succeeded();
        Assert.Equal(lines[0] + "\n", second.Ctrun("exec", second.Id, "readlink", "/proc/self/ns/user").Succeeded().Output);
    }

    [Fact]
    public void AContainerCanJoinAllOfAnothersNamespaces()
    {
        using var first = new Bundle();
        first.Create("/bin/busybox", "sleep", "1000");
        first.Ctrun("start", first.Id).Succeeded();
        var pid = first.Pid();
        using var second = new Bundle();
        second.Spec.Linux!.UidMappings = second.Spec.Linux.GidMappings = null;
        second.Spec.Hostname = null;
        foreach (var item in second.Spec.Linux.Namespaces!.Where(item => Paths.Contains(item.Type)))
            item.Path = $"/proc/{pid}/ns/{(item.Type == "network" ? "net" : item.Type)}";
        var lines = second.Run("for n in user net ipc uts pid; do readlink /proc/self/ns/$n; done; cat /proc/1/comm; hostname").Succeeded().Lines;
        foreach (var (kind, index) in new[] { "user", "net", "ipc", "uts", "pid" }.Select((kind, index) => (kind, index)))
            Assert.Equal(new FileInfo($"/proc/{pid}/ns/{kind}").LinkTarget, lines[index]);
        Assert.Equal("box", lines[6]);
        Assert.Equal("running", first.Status());
    }

    [Fact]
    public void AMountNamespaceCanBeJoinedAndKeepsItsRoot()
    {
        using var holder = Process.Start("unshare", ["-m", "--propagation", "private", "sleep", "100"]);
        try
        {
            SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{holder.Id}/comm").Trim() == "sleep", TimeSpan.FromSeconds(10));
            using var bundle = new Bundle(userNamespace: false);
            bundle.Spec.Linux!.Namespaces!.Find(item => item.Type == "mount")!.Path = $"/proc/{holder.Id}/ns/mnt";
            Assert.Equal(new FileInfo($"/proc/{holder.Id}/ns/mnt").LinkTarget + "\nbox\n", bundle.Run("readlink /proc/self/ns/mnt; hostname").Succeeded().Output);
            // Who lives there sees its files as before.
            Assert.True(File.Exists($"/proc/{holder.Id}/root/etc/hostname") == File.Exists("/etc/hostname"));
            Assert.Contains("NamespaceNot", LogOf(bundle, "/etc/passwd"), StringComparison.Ordinal);
        }
        finally
        {
            holder.Kill();
            holder.WaitForExit();
        }

        static string LogOf(Bundle bundle, string path)
        {
            bundle.Spec.Linux!.Namespaces!.Find(item => item.Type == "mount")!.Path = path;
            bundle.WriteConfig();
            bundle.Ctrun("--log", bundle["log"], "--log-format", "json", "run", "--bundle", bundle[""], bundle.Id);
            return File.ReadAllText(bundle["log"]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ATimeNamespaceHasClocksOfItsOwn(bool user)
    {
        using var bundle = new Bundle(user);
        bundle.Spec.Linux!.Namespaces!.Add(new LinuxNamespace { Type = "time" });
        bundle.Spec.Linux.TimeOffsets = new() { ["monotonic"] = new() { Secs = 5000, Nanosecs = 1 }, ["boottime"] = new() { Secs = 9_000_000 } };
        Assert.True(Uptime(bundle.Run("cut -d. -f1 /proc/uptime; readlink /proc/self/ns/time").Succeeded().Lines[0]) > 9_000_000);
        bundle.Create("/bin/busybox", "sleep", "1000");
        bundle.Ctrun("start", bundle.Id).Succeeded();
        Assert.NotEqual(new FileInfo("/proc/self/ns/time").LinkTarget, new FileInfo($"/proc/{bundle.Pid()}/ns/time").LinkTarget);
        Assert.True(Uptime(bundle.Ctrun("exec", bundle.Id, "cut", "-d.", "-f1", "/proc/uptime").Succeeded().Output) > 9_000_000);
        using var other = new Bundle(user);
        other.Spec.Linux!.Namespaces!.Add(new LinuxNamespace { Type = "time", Path = $"/proc/{bundle.Pid()}/ns/time" });
        if (!user)
            Assert.True(Uptime(other.Run("cut -d. -f1 /proc/uptime").Succeeded().Lines[0]) > 9_000_000);
        else
            Assert.Contains("cannot be joined", other.Run("true").Error, StringComparison.Ordinal);
        bundle.Spec.Linux.TimeOffsets["wrong"] = new();
        bundle.Ctrun("delete", "--force", bundle.Id);
        Assert.Contains("'wrong'", bundle.Run("true").Error, StringComparison.Ordinal);

        static long Uptime(string text) => long.Parse(text.Trim(), CultureInfo.InvariantCulture);
    }

    [Fact]
    public void WhatCannotBeIsSaid()
    {
        Check(spec => spec.Linux!.Namespaces!.Add(new() { Type = "pid" }), "pid namespace twice");
        Check(spec => spec.Linux!.Namespaces!.Add(new() { Type = "moon" }), "'moon'");
        Check(spec => spec.Linux!.TimeOffsets = new() { ["monotonic"] = new() { Secs = 1 } }, "timeOffsets");
        // What the host has already: it would keep its names even if this were obeyed.
        Check(spec => WithoutUts(spec).Hostname = Environment.MachineName, "UTS namespace");
        Check(spec => WithoutUts(spec).Domainname = File.ReadAllText("/proc/sys/kernel/domainname").Trim(), "UTS namespace");
        Check(spec => spec.Linux!.Namespaces!.Find(item => item.Type == "network")!.Path = "/no/such/file", "/no/such/file");
        Check(spec => spec.Linux!.Namespaces!.Find(item => item.Type == "user")!.Path = "/etc/passwd", "'/etc/passwd' cannot be joined");

        static RuntimeSpec WithoutUts(RuntimeSpec spec)
        {
            spec.Linux!.Namespaces!.RemoveAll(item => item.Type == "uts");
            (spec.Hostname, spec.Domainname) = (null, null);
            return spec;
        }

        static void Check(Action<RuntimeSpec> change, string message)
        {
            using var bundle = new Bundle();
            change(bundle.Spec);
            var result = bundle.Run("true");
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains(message, result.Error, StringComparison.Ordinal);
            Assert.Empty(TestSupport.Cgroups.Of([bundle.Id]));
        }
    }
}
