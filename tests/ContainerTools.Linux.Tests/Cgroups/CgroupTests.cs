using System.Diagnostics;
using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Linux.Tests.Cgroups;

/// <summary>Against the machine's real hierarchies; what only version 2 has is tested in a virtual machine.</summary>
public sealed class CgroupTests : IDisposable
{
    private readonly string path = $"/containertools-test-{Guid.NewGuid():N}/group";
    private readonly List<Process> processes = [];

    [Fact]
    public void LimitsAreWhatTheKernelReads()
    {
        var group = Cgroup.Create(path, new CgroupLimits
        {
            Memory = 64 << 20,
            Pids = 7,
            CpuQuota = 50_000,
            CpuPeriod = 100_000,
            Devices = [new(false, 'a', -1, -1, "rwm"), new(true, 'c', 1, 3, "rwm")],
        });
        Assert.Equal("7", Read(group, "pids", "pids.max"));
        Assert.Equal((64 << 20).ToString(), Read(group, "memory", "memory.limit_in_bytes", "memory.max"));
        if (CgroupHierarchies.Current.UnifiedControls)
            Assert.Equal("50000 100000", Read(group, "cpu", "cpu.max"));
        else
            Assert.Equal("50000", Read(group, "cpu", "cpu.cfs_quota_us"));
    }

    [Fact]
    public void AGroupTakesProcessesAlsoWhereItsParentHasNoProcessorsYet()
    {
        // What somebody else's first group looks like in the moment after he has made it.
        if (CgroupHierarchies.Current.V1.TryGetValue("cpuset", out var root))
            Directory.CreateDirectory(root + Path.GetDirectoryName(path));
        var group = Cgroup.Create(path);
        var process = Sleep();
        group.Add(process.Id);
        Assert.Equal([process.Id], group.Processes());
    }

    [Fact]
    public void AMemberIsSeenFrozenAndKilled()
    {
        var group = Cgroup.Create(path);
        var process = Sleep();
        group.Add(process.Id);
        Assert.Equal([process.Id], group.Processes());

        group.Freeze();
        Assert.True(group.IsFrozen);
        group.Thaw();
        Assert.False(group.IsFrozen);

        group.Freeze();
        group.Kill();
        group.Thaw();
        Assert.True(process.WaitForExit(5000));
        Assert.True(group.Remove());
        Assert.DoesNotContain(group.Directories, Directory.Exists);
    }

    [Fact]
    public void AGroupWithProcessesIsNotRemoved()
    {
        var group = Cgroup.Create(path);
        group.Add(Sleep().Id);
        Assert.False(group.Remove());
    }

    [Fact]
    public void ALimitWithoutControllerIsAnErrorThatNamesItAndLeavesNothing()
    {
        var error = Assert.Throws<CgroupException>(() => Cgroup.Create(path, new CgroupLimits { HugePages = [new("3MB", 1)] }));
        Assert.Equal("hugetlb", error.Controller);
        Assert.DoesNotContain(Cgroup.At(path).Directories, Directory.Exists);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    public void APathThatLeavesTheHierarchyIsRefused(string bad) => Assert.Throws<ArgumentException>(() => Cgroup.At(bad));

    public void Dispose()
    {
        foreach (var process in processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        Cgroup.At(path).Remove();
        Cgroup.At(Path.GetDirectoryName(path)!).Remove();
    }

    private static string Read(Cgroup group, string controller, params string[] files) =>
        File.ReadAllText(group.Directories.SelectMany(directory => files.Select(file => $"{directory}/{file}")).First(File.Exists)).Trim()
        is var text && CgroupHierarchies.Current.Controllers.Contains(controller) ? text : throw new InvalidOperationException($"no {controller}");

    private Process Sleep()
    {
        var process = Process.Start("sleep", "60");
        processes.Add(process);
        return process;
    }
}
