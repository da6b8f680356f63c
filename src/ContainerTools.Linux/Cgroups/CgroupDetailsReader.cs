using System.Globalization;

namespace ContainerTools.Linux.Cgroups;

/// <summary>Reads the details of both versions (Documentation/admin-guide/cgroup-v1, cgroup-v2.rst).</summary>
internal static class CgroupDetailsReader
{
    // As LegacyUsageReader has it.
    private const long Unlimited = long.MaxValue - 0xffff;

    /// <param name="directoryOf">The group's directory for a version 1 controller, or null where that is not mounted.</param>
    public static CgroupDetails ReadLegacy(Func<string, string?> directoryOf)
    {
        string? cpu = directoryOf("cpu"), set = directoryOf("cpuset"), memory = directoryOf("memory"), block = directoryOf("blkio"), pages = directoryOf("hugetlb");
        var times = CgroupFile.ReadKeys(cpu + "/cpu.stat");
        return new CgroupDetails
        {
            CpuNanoseconds = [.. CgroupFile.ReadWords(directoryOf("cpuacct") + "/cpuacct.usage_percpu").Select(Number)],
            Periods = times.Find("nr_periods"),
            ThrottledPeriods = times.Find("nr_throttled"),
            CpuSet = Text(set + "/cpuset.cpus"),
            MemoryNodes = Text(set + "/cpuset.mems"),
            MemoryFailures = CgroupFile.ReadNumber(memory + "/memory.failcnt"),
            Swap = LegacyCounter(memory, "memory.memsw."),
            Kernel = LegacyCounter(memory, "memory.kmem."),
            KernelTcp = LegacyCounter(memory, "memory.kmem.tcp."),
            MemoryStatistics = CgroupFile.ReadKeys(memory + "/memory.stat"),
            HugePages = PageSizes(pages, ".usage_in_bytes").ToDictionary(size => size, size => LegacyCounter(pages, $"hugetlb.{size}.")!, StringComparer.Ordinal),
            BlockBytes = LegacyTraffic(block + "/blkio.throttle.io_service_bytes"),
            BlockOperations = LegacyTraffic(block + "/blkio.throttle.io_serviced"),
        };
    }

    /// <param name="directory">The group's directory in version 2.</param>
    public static CgroupDetails ReadUnified(string directory)
    {
        var times = CgroupFile.ReadKeys(directory + "/cpu.stat");
        return new CgroupDetails
        {
            Periods = times.Find("nr_periods"),
            ThrottledPeriods = times.Find("nr_throttled"),
            CpuSet = Text(directory + "/cpuset.cpus"),
            MemoryNodes = Text(directory + "/cpuset.mems"),
            MemoryFailures = CgroupFile.ReadKey(directory + "/memory.events", "max"),
            Swap = UnifiedCounter(directory, "memory.swap"),
            MemoryStatistics = CgroupFile.ReadKeys(directory + "/memory.stat"),
            HugePages = PageSizes(directory, ".current").ToDictionary(size => size, size => UnifiedCounter(directory, "hugetlb." + size)!, StringComparer.Ordinal),
            BlockBytes = UnifiedTraffic(directory, "rbytes", "wbytes"),
            BlockOperations = UnifiedTraffic(directory, "rios", "wios"),
        };
    }

    private static CgroupCounter? LegacyCounter(string? directory, string prefix)
    {
        var file = $"{directory}/{prefix}";
        if (CgroupFile.ReadNumber(file + "usage_in_bytes") is not { } usage)
            return null;
        var limit = CgroupFile.ReadNumber(file + "limit_in_bytes");
        return new CgroupCounter(usage, CgroupFile.ReadNumber(file + "max_usage_in_bytes"), limit < Unlimited ? limit : null, CgroupFile.ReadNumber(file + "failcnt"));
    }

    private static CgroupCounter? UnifiedCounter(string directory, string name)
    {
        var file = $"{directory}/{name}.";
        return CgroupFile.ReadNumber(file + "current") is { } usage
            ? new CgroupCounter(usage, CgroupFile.ReadNumber(file + "peak"), CgroupFile.ReadNumber(file + "max"), CgroupFile.ReadKey(file + "events", "max"))
            : null;
    }

    // Files such as hugetlb.2MB.current; those with a further word (rsvd.current) count something else.
    private static IEnumerable<string> PageSizes(string? directory, string suffix)
    {
        if (directory is null || !Directory.Exists(directory))
            return [];
        return Directory.EnumerateFiles(directory, "hugetlb.*" + suffix).Select(file => Path.GetFileName(file)["hugetlb.".Length..^suffix.Length]).Where(size => !size.Contains('.', StringComparison.Ordinal));
    }

    // Lines like "8:0 Read 4096", in the group and below it.
    private static List<CgroupBlockCounter> LegacyTraffic(string file)
    {
        var found = new List<CgroupBlockCounter>();
        foreach (var line in (CgroupFile.TryRead(file + "_recursive") ?? CgroupFile.TryRead(file) ?? "").Split('\n'))
        {
            if (line.Split(' ') is [var device, var operation, var value] && device.Split(':') is [var major, var minor])
                found.Add(new CgroupBlockCounter(Number(major), Number(minor), operation, Number(value)));
        }
        return found;
    }

    // Lines like "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0".
    private static List<CgroupBlockCounter> UnifiedTraffic(string directory, string read, string written)
    {
        var found = new List<CgroupBlockCounter>();
        foreach (var line in (CgroupFile.TryRead(directory + "/io.stat") ?? "").Split('\n'))
        {
            if (line.Split(' ') is not [var device, .. var words] || device.Split(':') is not [var major, var minor])
                continue;
            foreach (var word in words)
            {
                if (word.Split('=') is [var key, var value] && (key == read || key == written))
                    found.Add(new CgroupBlockCounter(Number(major), Number(minor), key == read ? "Read" : "Write", Number(value)));
            }
        }
        return found;
    }

    private static string? Text(string file) => CgroupFile.TryRead(file)?.Trim() is { Length: > 0 } text ? text : null;

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
