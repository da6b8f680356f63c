using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Linux.Tests.Cgroups;

/// <summary>What a version 2 group's files say, as kernel 6.1 writes them; version 1 is the machine's own.</summary>
public sealed class CgroupUsageTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ct-usage-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Version_2_files_are_read()
    {
        Write("cpu.stat", "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\nnr_periods 10\nnr_throttled 2\nthrottled_usec 30000\n");
        Write("cpu.max", "50000 100000\n");
        Write("memory.current", "52428800\n");
        Write("memory.peak", "60000000\n");
        Write("memory.max", "104857600\n");
        Write("memory.swap.current", "4096\n");
        Write("memory.stat", "anon 10485760\nfile 31457280\nkernel 100000\nfile_mapped 2097152\ninactive_file 20971520\nactive_file 8388608\n");
        Write("pids.current", "3\n");
        Write("pids.max", "max\n");
        Write("io.stat", "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n8:0 rbytes=100 wbytes=0 rios=3 wios=0 dbytes=0 dios=0\n259:0 \n");

        var usage = UnifiedUsageReader.Read(_directory);

        Assert.Equal(
            new CgroupUsage
            {
                CpuMicroseconds = 1_500_000,
                UserMicroseconds = 1_000_000,
                SystemMicroseconds = 500_000,
                ThrottledMicroseconds = 30_000,
                CpuLimit = 0.5,
                MemoryCharged = 52428800,
                MemoryPeak = 60000000,
                AnonymousMemory = 10485760,
                MappedFiles = 2097152,
                FileCache = 31457280,
                InactiveFileCache = 20971520,
                Swap = 4096,
                MemoryLimit = 104857600,
                Tasks = 3,
                BytesRead = 4196,
                BytesWritten = 8192,
                ReadOperations = 4,
                WriteOperations = 2,
            },
            usage);
    }

    [Fact]
    public void What_is_not_counted_is_null()
    {
        Assert.Equal(new CgroupUsage(), UnifiedUsageReader.Read(_directory));
        Assert.Equal(new CgroupUsage(), LegacyUsageReader.Read(_ => null));
    }

    [Fact]
    public void Version_1_files_are_read()
    {
        Write("cpuacct.usage", "1500000000\n");
        Write("cpuacct.stat", "user 100\nsystem 50\n");
        Write("cpu.stat", "nr_periods 10\nnr_throttled 2\nthrottled_time 30000000\n");
        Write("cpu.cfs_quota_us", "-1\n");
        Write("cpu.cfs_period_us", "100000\n");
        Write("memory.usage_in_bytes", "52428800\n");
        Write("memory.limit_in_bytes", "9223372036854771712\n");
        Write("memory.stat", "cache 1\nrss 1\ntotal_cache 31457280\ntotal_rss 10485760\ntotal_mapped_file 2097152\ntotal_inactive_file 20971520\n");
        Write("pids.current", "3\n");
        Write("pids.max", "50\n");
        Write("blkio.throttle.io_service_bytes", "8:0 Read 1\n");
        Write("blkio.throttle.io_service_bytes_recursive", "8:0 Read 4096\n8:0 Write 8192\n8:0 Total 12288\n9:0 Read 1\nTotal 12289\n");
        Write("blkio.throttle.io_serviced", "8:0 Read 4\n8:0 Write 2\nTotal 6\n");

        var usage = LegacyUsageReader.Read(_ => _directory);

        Assert.Equal((1_500_000, 1_000_000, 500_000, 30_000), (usage.CpuMicroseconds, usage.UserMicroseconds, usage.SystemMicroseconds, usage.ThrottledMicroseconds));
        Assert.Equal((52428800, 10485760, 2097152, 31457280, 20971520), (usage.MemoryCharged, usage.AnonymousMemory, usage.MappedFiles, usage.FileCache, usage.InactiveFileCache));
        Assert.Null(usage.MemoryLimit);
        Assert.Null(usage.CpuLimit);
        Assert.Equal((3, 50), (usage.Tasks, usage.TaskLimit));
        Assert.Equal((4097, 8192, 4, 2), (usage.BytesRead, usage.BytesWritten, usage.ReadOperations, usage.WriteOperations));
    }

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_directory, file), text);
}
