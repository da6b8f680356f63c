namespace ContainerTools.Linux.Cgroups;

/// <summary>Reads a version 1 control group's usage (Documentation/admin-guide/cgroup-v1).</summary>
internal static class LegacyUsageReader
{
    // Times in cpuacct.stat are in USER_HZ, which is 100 on every architecture that .NET runs on.
    private const long MicrosecondsPerTick = 10_000;

    // "Unlimited" is the largest multiple of the page size below 2^63, and pages may be 64 KiB.
    private const long Unlimited = long.MaxValue - 0xffff;

    /// <param name="directoryOf">The group's directory for a controller, or null where that controller is not mounted.</param>
    public static CgroupUsage Read(Func<string, string?> directoryOf)
    {
        string? cpu = directoryOf("cpu"), account = directoryOf("cpuacct"), pids = directoryOf("pids"), memory = directoryOf("memory"), block = directoryOf("blkio");
        var times = CgroupFile.ReadKeys(account + "/cpuacct.stat");
        var usage = CgroupFile.ReadKeys(memory + "/memory.stat");
        var bytes = BlockTraffic(block + "/blkio.throttle.io_service_bytes");
        var operations = BlockTraffic(block + "/blkio.throttle.io_serviced");
        long? quota = CgroupFile.ReadNumber(cpu + "/cpu.cfs_quota_us"), period = CgroupFile.ReadNumber(cpu + "/cpu.cfs_period_us");
        var limit = CgroupFile.ReadNumber(memory + "/memory.limit_in_bytes");
        return new CgroupUsage
        {
            CpuMicroseconds = CgroupFile.ReadNumber(account + "/cpuacct.usage") / 1000,
            UserMicroseconds = times.Find("user") * MicrosecondsPerTick,
            SystemMicroseconds = times.Find("system") * MicrosecondsPerTick,
            ThrottledMicroseconds = CgroupFile.ReadKey(cpu + "/cpu.stat", "throttled_time") / 1000,
            CpuLimit = quota > 0 && period > 0 ? (double)quota / period : null,
            MemoryCharged = CgroupFile.ReadNumber(memory + "/memory.usage_in_bytes"),
            MemoryPeak = CgroupFile.ReadNumber(memory + "/memory.max_usage_in_bytes"),
            AnonymousMemory = usage.Find("total_rss"),
            MappedFiles = usage.Find("total_mapped_file"),
            FileCache = usage.Find("total_cache"),
            InactiveFileCache = usage.Find("total_inactive_file"),
            Swap = usage.Find("total_swap"),
            MemoryLimit = limit < Unlimited ? limit : null,
            Tasks = CgroupFile.ReadNumber(pids + "/pids.current"),
            TaskLimit = CgroupFile.ReadNumber(pids + "/pids.max"),
            BytesRead = bytes.Find("Read"),
            BytesWritten = bytes.Find("Write"),
            ReadOperations = operations.Find("Read"),
            WriteOperations = operations.Find("Write"),
        };
    }

    /// <summary>Sums over all devices, of lines like <c>8:0 Read 4096</c>, in the group and below it.</summary>
    private static Dictionary<string, long> BlockTraffic(string file)
    {
        var sums = new Dictionary<string, long>(StringComparer.Ordinal);
        if ((CgroupFile.TryRead(file + "_recursive") ?? CgroupFile.TryRead(file)) is not { } text)
            return sums;
        sums["Read"] = sums["Write"] = 0;
        foreach (var line in text.Split('\n'))
        {
            if (line.Split(' ') is [_, var kind, var value] && sums.TryGetValue(kind, out var sum) && long.TryParse(value, out var number))
                sums[kind] = sum + number;
        }
        return sums;
    }
}
