using ContainerTools.Oci.Runtime;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Rootless;

/// <summary>The runtime's command line without root's rights: a user who maps his own id.</summary>
public sealed class OrdinaryUserTests : IDisposable
{
    private const string User = "1234";

    private readonly TemporaryDirectory _directory = new("rl");

    public OrdinaryUserTests()
    {
        BusyboxImage.WriteRootFileSystem(_directory["bundle/rootfs"]);
        Directory.CreateDirectory(_directory["home"]);
        File.Copy(RepositoryPaths.Ctrun, _directory["ctrun"]);
        Command.Run("chown", "-R", $"{User}:{User}", _directory["bundle"], _directory["home"]).Succeeded();
        Command.Run("chmod", "755", _directory).Succeeded();
        Shell("$ct spec --rootless --bundle .").Succeeded();
        Change(spec => spec.Process!.Terminal = false);
    }

    [Fact]
    public void RunsWithHisIdMapped()
    {
        Change(spec => (spec.Process!.Args, spec.Root!.Readonly) = (["sh", "-c", "id -u; cat /proc/self/uid_map; echo $$; touch /made; stat -c %u /made; hostname; mount -t tmpfs t /tmp 2>/dev/null || echo refused; ls /proc/self/fd | wc -l; exit 5"], false));
        var result = Shell("$ct run x");
        Assert.True(result.ExitCode == 5, result.Error);
        Assert.Equal(["0", $"0 {User} 1", "1", "0", "ctrun", "refused", "4"], result.Lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        Assert.Equal(User + "\n", Command.Run("stat", "-c", "%u", _directory["bundle/rootfs/made"]).Succeeded().Output);
        Assert.Equal(127, Shell("$ct run --config other.json x; sed 's/\"sh\"/\"nosuch\"/' config.json > other.json; $ct run --config other.json x").ExitCode);
        Assert.Equal("", Shell("$ct list -q").Succeeded().Output);
    }

    [Fact]
    public void ALifeInSteps()
    {
        Change(spec => spec.Process!.Args = ["sleep", "1000"]);
        var result = Shell("""
            $ct create y >out 2>&1 || cat out
            $ct state y | grep -c '"status": "created"'; $ct start y; $ct list -q
            $ct exec y sh -c 'id -u; readlink /proc/self/ns/user; cat /proc/1/comm; exit 3'; echo $?
            echo in | $ct exec y cat
            $ct exec --user 7 y true 2>&1; echo $?
            script -qec "$ct exec -t y tty" /dev/null
            $ct ps --format json y | grep -c '^\[[0-9]*\]$'
            $ct kill y KILL; sleep 0.5; $ct state y | grep -c '"stopped"'; $ct delete y; echo $?
            """);
        Assert.True(result.Lines.Count == 13, result.Output + result.Error);
        Assert.Equal(["1", "y", "0"], result.Lines.Take(3));
        Assert.NotEqual(new FileInfo("/proc/self/ns/user").LinkTarget, result.Lines[3]);
        Assert.Equal(["sleep", "3", "in"], result.Lines.Skip(4).Take(3).Select(line => line == "busybox" ? "sleep" : line));
        Assert.Contains("user id", result.Lines[7], StringComparison.Ordinal);
        Assert.Equal(["255", "/dev/pts/0", "1", "1", "0"], result.Lines.Skip(8).Select(line => line.TrimEnd('\r').Replace("^@", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void WhatHeMayNotIsSaid()
    {
        Check(spec => spec.Linux!.Namespaces!.RemoveAll(item => item.Type == "user"), "no user namespace");
        Check(spec => spec.Linux!.UidMappings![0].Size = 1000, "/etc/sub");
        Check(spec => spec.Linux!.Resources = new() { Memory = new() { Limit = 50_000_000 } }, "delegated to him");
        Check(spec => spec.Process!.User.AdditionalGids = [5], "additionalGids");
        Check(spec => spec.Annotations = new() { [Engine.Specs.Annotations.Layers] = "/x" }, "only root");
        Check(spec => spec.Mounts!.Add(new() { Destination = "/x", Type = "bind", Source = "/etc", Options = ["rbind", "idmap"] }), "only root");
        Check(spec => spec.Root!.Path = "/root/secret", "'/root/secret'");

        void Check(Action<RuntimeSpec> change, string message)
        {
            var before = File.ReadAllBytes(_directory["bundle/config.json"]);
            Change(change);
            var result = Shell("$ct run x");
            File.WriteAllBytes(_directory["bundle/config.json"], before);
            Assert.Equal(1, result.ExitCode);
            Assert.Contains(message, result.Error, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["home/state"]));
        }
    }

    public void Dispose()
    {
        _ = Shell("for c in $($ct list -q); do $ct delete --force $c; done");
        _directory.Dispose();
    }

    private void Change(Action<RuntimeSpec> change)
    {
        var spec = RuntimeJson.ReadSpec(File.ReadAllBytes(_directory["bundle/config.json"]));
        change(spec);
        File.WriteAllBytes(_directory["bundle/config.json"], RuntimeJson.WriteSpec(spec));
    }

    private CommandResult Shell(string script) => Command.Run("setpriv", ["--reuid", User, "--regid", User, "--clear-groups", "/bin/sh", "-c",
        $"ct='{_directory["ctrun"]} --root {_directory["home/state"]}'; {script}"], new Dictionary<string, string?> { ["HOME"] = _directory["home"] }, "", _directory["bundle"]);
}
