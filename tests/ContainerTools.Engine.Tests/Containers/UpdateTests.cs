using ContainerTools.Engine.Containers;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class UpdateTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task LimitsHoldAtOnceAndAtTheNextStart()
    {
        var container = await fixture.StartAsync("sleep", "60");
        container = Update(container, new ContainerChanges { Memory = 64 << 20, Cpus = 0.5, CpuSet = "0", PidsLimit = 7 });
        Assert.Equal((64L << 20, 0.5, "0", 7L), (container.Memory, container.Cpus, container.CpuSet, container.PidsLimit));
        string[] limits = [$"{64 << 20}", "50000", "0", "7"];
        Assert.Equal(limits, Kernel(container));
        container = await fixture.Manager.RestartAsync(container, new StopOptions { Timeout = TimeSpan.Zero }, CancellationToken.None);
        Assert.Equal(limits, Kernel(container));

        container = Update(container, new ContainerChanges { Memory = 32 << 20 });
        Assert.Equal([$"{32 << 20}", .. limits[1..]], Kernel(container));
        container = Update(container, new ContainerChanges { Memory = 0, Cpus = 0, CpuSet = "", PidsLimit = 0 });
        Assert.Null(container.Memory ?? container.PidsLimit);
        Assert.Null(container.Cpus);
        Assert.Null(container.CpuSet);
        Assert.Equal("-1", Kernel(container)[1]);
        Assert.Equal("max", Kernel(container)[3]);
        Assert.True(long.Parse(Kernel(container)[0]) > 1L << 50);
        await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public async Task WhatTheKernelRefusesChangesNothing()
    {
        var container = await fixture.StartAsync(new ContainerOptions
        {
            Command = ["sh", "-c", "head -c 30000000 /dev/zero > /shm/file; echo full; exec sleep 60"],
            Memory = 128 << 20,
            PidsLimit = 50,
            TmpFs = ["/shm"],
        });
        await fixture.LogsAsync(container, 1);
        var error = Assert.Throws<ContainerToolsException>(() => Update(container, new ContainerChanges { Memory = 8 << 20, MemorySwap = 8 << 20, PidsLimit = 5 }));
        Assert.Equal("LimitFailed", error.ErrorId);
        Assert.Contains("use more", error.Message, StringComparison.Ordinal);
        var now = fixture.Manager.Refresh(container);
        Assert.Equal((128L << 20, 50L), (now.Memory, now.PidsLimit));
        Assert.Equal([$"{128 << 20}", "50"], new[] { Kernel(now)[0], Kernel(now)[3] });
        await fixture.RemoveAsync(container, force: true);
    }

    [Fact]
    public async Task StopsAsItWasChangedTo()
    {
        var container = await fixture.StartAsync("sh", "-c", "trap 'exit 4' HUP; echo ready; while :; do sleep 0.05; done");
        await fixture.LogsAsync(container, 1);
        container = Update(container, new ContainerChanges { StopSignal = "HUP", StopTimeout = TimeSpan.FromSeconds(30) });
        Assert.Equal(("HUP", TimeSpan.FromSeconds(30)), (container.StopSignal, container.StopTimeout));
        container = await fixture.Manager.StopAsync(container, new StopOptions(), CancellationToken.None);
        Assert.Equal(4, container.ExitCode);
        Assert.Equal("InvalidSignal", Assert.Throws<ContainerToolsException>(() => Update(container, new ContainerChanges { StopSignal = "NONE" })).ErrorId);
        Assert.Equal("InvalidMemory", Assert.Throws<ContainerToolsException>(() => Update(container, new ContainerChanges { Memory = 1000 })).ErrorId);
        Assert.Equal("InvalidMemorySwap", Assert.Throws<ContainerToolsException>(() => Update(container, new ContainerChanges { MemorySwap = 1 << 30 })).ErrorId);
        await fixture.RemoveAsync(container);
    }

    private Container Update(Container container, ContainerChanges changes) => fixture.Manager.Update(container, changes, CancellationToken.None);

    private static string[] Kernel(Container container) =>
        [.. new[] { "memory/containertools/{0}/memory.limit_in_bytes", "cpu/containertools/{0}/cpu.cfs_quota_us", "cpuset/containertools/{0}/cpuset.cpus", "pids/containertools/{0}/pids.max" }
            .Select(file => File.ReadAllText("/sys/fs/cgroup/" + string.Format(file, container.Id)).Trim())];
}
