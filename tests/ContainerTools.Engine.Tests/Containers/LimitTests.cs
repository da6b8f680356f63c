using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Volumes;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class LimitTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task OutOfMemoryIsRecorded()
    {
        var (container, _) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "x=$(head -c 60000000 /dev/zero | tr '\\0' x); echo ${#x}"], Memory = 16 << 20, MemorySwap = 16 << 20 });
        Assert.True(container.OutOfMemory);
        Assert.NotEqual(0, container.ExitCode);
        Assert.Equal(16L << 20, container.Memory);
        await fixture.RemoveAsync(container);
        // A process beside PID 1, which goes on.
        var survivor = await fixture.StartAsync(new ContainerOptions { Command = ["sh", "-c", "sh -c 'x=$(head -c 60000000 /dev/zero | tr \"\\0\" x); echo ${#x}'; echo on; exec sleep 60"], Memory = 16 << 20, MemorySwap = 16 << 20 });
        await fixture.LogsAsync(survivor, 1);
        survivor = fixture.Manager.Refresh(survivor);
        Assert.Equal((ContainerState.Running, true), (survivor.State, survivor.OutOfMemory));
        await fixture.RemoveAsync(survivor, force: true);
        var (small, output) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done 2>&1; echo ${?}; wait"], PidsLimit = 5 });
        Assert.Contains(output, l => l.Contains("fork", StringComparison.Ordinal));
        Assert.False(small.OutOfMemory);
        await fixture.RemoveAsync(small);
    }

    [Fact]
    public async Task NetworksAreNoneAndTheHosts()
    {
        var (none, output) = await fixture.RunAsync("sh", "-c", "ls /sys/class/net; cat /sys/class/net/lo/operstate; cat /etc/hostname; grep $(hostname) /etc/hosts");
        Assert.Equal(["lo", "unknown", none.ShortId, $"127.0.0.1\t{none.ShortId}"], output);
        var (host, hostOutput) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "ls /sys/class/net; readlink /proc/self/ns/net; cat /etc/hosts"], Network = "host", HostEntries = ["friend:10.1.2.3"] });
        Assert.Contains(File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name, hostOutput);
        Assert.Contains("10.1.2.3\tfriend", hostOutput);
        Assert.Equal(Environment.MachineName, host.HostName);
        var (whole, names) = await fixture.RunAsync(new ContainerOptions { Command = ["tail", "-n", "1", "/etc/hosts"], HostName = "web.example.org" });
        Assert.Equal(["127.0.0.1\tweb.example.org web"], names);
        await fixture.RemoveAsync(none);
        await fixture.RemoveAsync(host);
        await fixture.RemoveAsync(whole);
    }

    [Theory]
    [InlineData("ghost", "/", "UserNotFound")]
    [InlineData("", "/etc/passwd", "WorkingDirectoryNotFound")]
    public async Task WhatIsNotInTheImageIsAClearError(string user, string directory, string errorId)
    {
        var container = fixture.Create(new ContainerOptions { Command = ["true"], User = user, WorkingDirectory = directory });
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => fixture.Manager.StartAsync(container, CancellationToken.None));
        Assert.Equal(errorId, error.ErrorId);
        Assert.Equal(ContainerState.Exited, fixture.Manager.Refresh(container).State);
        await fixture.RemoveAsync(container);
        Assert.DoesNotContain(fixture.Leftovers(), l => l.Contains(container.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AFullDiskIsAClearErrorAndLeavesNothing()
    {
        using var own = new ContainerFixture();
        string disk = Directory.CreateDirectory(Path.Combine(own.Scratch, "disk")).FullName;
        Command.Run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk).Succeeded();
        var paths = new StorePaths(Path.Combine(disk, "root"), Path.Combine(own.Scratch, "run"));
        paths.EnsureCreated();
        var manager = new ContainerManager(paths, RepositoryPaths.Ctrun);
        string ballast = Path.Combine(disk, "ballast");
        Command.Run("sh", "-c", $"cat /dev/zero > {ballast} 2>/dev/null; true");
        Directory.CreateDirectory(Path.Combine(own.Layer, "srv"));
        File.WriteAllBytes(Path.Combine(own.Layer, "srv/big"), new byte[100_000]);
        var options = new ContainerOptions { Command = ["true"], Name = "full", Volumes = [VolumeMount.Parse("vol:/srv")] };
        var error = Assert.Throws<ContainerToolsException>(() => manager.Create(options, own.Image(), CancellationToken.None));
        Assert.Equal("StorageFull", error.ErrorId);
        Assert.Empty(manager.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(paths.Containers));
        File.Delete(ballast);
        var container = manager.Create(options, own.Image(), CancellationToken.None);
        Assert.Equal(100_000, new FileInfo(Path.Combine(new VolumeStore(paths).Get("vol").MountPoint, "big")).Length);
        await manager.RemoveAsync(container, new RemoveContainerOptions(), CancellationToken.None);
    }

    [Fact]
    public async Task AReadOnlyRootAndItsVolumes()
    {
        var (container, output) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "touch /x 2>&1; touch /v/x && echo volume; touch /t/x && echo tmpfs"], ReadOnly = true, Volumes = [VolumeMount.Parse("/v")], TmpFs = ["/t"] });
        Assert.Contains(output, l => l.Contains("Read-only", StringComparison.Ordinal));
        Assert.Contains("volume", output);
        Assert.Contains("tmpfs", output);
        await fixture.RemoveAsync(container, volumes: true);
    }

    [Fact]
    public async Task AnIdleMonitorIsSmallAndHasLeftTheShellsControlGroups()
    {
        var container = await fixture.StartAsync("sh", "-c", "echo a; sleep 1.5; echo b; sleep 60");
        int monitor = ProcessTable.Parent(container.Pid!.Value);
        for (int i = 0; i < 100 && !ProcessTable.CommandLine(monitor).Contains("--settled", StringComparison.Ordinal); i++)
            await Task.Delay(100);
        await Task.Delay(1500);
        Assert.Equal(["a", "b"], await fixture.LogAsync(container));
        Assert.Equal(monitor, ProcessTable.Parent(container.Pid.Value));
        Assert.Contains("/containertools/monitors", File.ReadAllText($"/proc/{monitor}/cgroup"), StringComparison.Ordinal);
        string anonymous = File.ReadLines($"/proc/{monitor}/smaps_rollup").First(l => l.StartsWith("Pss_Anon:", StringComparison.Ordinal));
        Assert.InRange(int.Parse(anonymous.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture), 1, 1000);
        // Nothing of the shell's or the monitor's is open inside.
        Assert.Equal(["0", "1", "2"], Directory.EnumerateFiles($"/proc/{container.Pid}/fd").Select(f => Path.GetFileName(f)).Order());
        await fixture.RemoveAsync(container, force: true);
    }
}
