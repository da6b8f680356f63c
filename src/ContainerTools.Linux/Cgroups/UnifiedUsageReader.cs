namespace ContainerTools.Linux.Cgroups;

/// <summary>Reads a version 2 control group's usage (Documentation/admin-guide/cgroup-v2.rst).</summary>
internal static class UnifiedUsageReader
{
    public static CgroupUsage Read(string directory)
    {
        var cpu = CgroupFile.ReadKeys(directory + "/cpu.stat");
        var memory = CgroupFile.ReadKeys(directory + "/memory.stat");
        var devices = BlockTraffic(directory + "/io.stat");
        return new CgroupUsage
        {
            CpuMicroseconds = cpu.Find("usage_usec"),
            UserMicroseconds = cpu.Find("user_usec"),
            SystemMicroseconds = cpu.Find("system_usec"),
            ThrottledMicroseconds = cpu.Find("throttled_usec"),
            CpuLimit = CpuLimit(CgroupFile.ReadWords(directory + "/cpu.max")),
            MemoryCharged = CgroupFile.ReadNumber(directory + "/memory.current"),
            MemoryPeak = CgroupFile.ReadNumber(directory + "/memory.peak"),
            AnonymousMemory = memory.Find("anon"),
            MappedFiles = memory.Find("file_mapped"),
            FileCache = memory.Find("file"),
            InactiveFileCache = memory.Find("inactive_file"),
            Swap = CgroupFile.ReadNumber(directory + "/memory.swap.current"),
            MemoryLimit = CgroupFile.ReadNumber(directory + "/memory.max"),
            Tasks = CgroupFile.ReadNumber(directory + "/pids.current"),
            TaskLimit = CgroupFile.ReadNumber(directory + "/pids.max"),
            BytesRead = devices.Find("rbytes"),
            BytesWritten = devices.Find("wbytes"),
            ReadOperations = devices.Find("rios"),
            WriteOperations = devices.Find("wios"),
        };
    }

    // "max 100000" or "50000 100000": microseconds in each period of so many.
    private static double? CpuLimit(string[] words) =>
        words is [var quota, var period] && double.TryParse(quota, out var allowed) && double.TryParse(period, out var length) && length > 0 ? allowed / length : null;

    /// <summary>Sums over all devices, of lines like <c>8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0</c>.</summary>
    private static Dictionary<string, long> BlockTraffic(string file)
    {
        var sums = new Dictionary<string, long>(StringComparer.Ordinal);
        if (CgroupFile.TryRead(file) is not { } text)
            return sums;
        // A group that has not touched a device has an empty file.
        foreach (var key in new[] { "rbytes", "wbytes", "rios", "wios" })
            sums[key] = 0;
        foreach (var word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.Split('=') is [var key, var value] && sums.TryGetValue(key, out var sum) && long.TryParse(value, out var number))
                sums[key] = sum + number;
        }
        return sums;
    }
}
