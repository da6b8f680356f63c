using System.Diagnostics;
using System.Globalization;
using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Engine.Statistics;

/// <summary>One measurement of a running container; two of them give its processor use.</summary>
internal sealed class StatisticsSample
{
    private readonly Container _container;
    private readonly DateTimeOffset _time;
    private readonly long _clock;
    private readonly CgroupUsage _usage;
    private readonly (long Received, long Sent)? _network;

    private StatisticsSample(Container container, CgroupUsage usage, (long, long)? network)
    {
        _container = container;
        _usage = usage;
        _network = network;
        _clock = Stopwatch.GetTimestamp();
        _time = DateTimeOffset.UtcNow;
    }

    /// <summary>Measures now.</summary>
    /// <param name="container">A running container.</param>
    /// <returns>The measurement, or null if the container has ended.</returns>
    public static StatisticsSample? Take(Container container)
    {
        var group = Cgroup.At(container.Configuration.CgroupPath);
        return container.Pid is { } pid && (group.Exists || Directory.Exists($"/proc/{pid}"))
            ? new StatisticsSample(container, group.ReadUsage(), ReadNetwork(pid))
            : null;
    }

    /// <summary>What was measured.</summary>
    /// <param name="earlier">A measurement before, for the processor use.</param>
    public ContainerStatistics ToStatistics(StatisticsSample? earlier)
    {
        long? usage = _usage.MemoryCharged is { } charged ? Math.Max(0, charged - (_usage.InactiveFileCache ?? 0)) : null;
        long total = _usage.MemoryLimit ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return new ContainerStatistics
        {
            Container = _container.Name,
            ContainerId = _container.Id,
            Time = _time,
            CpuPercent = CpuPercent(earlier),
            CpuTime = ToTime(_usage.CpuMicroseconds),
            UserTime = ToTime(_usage.UserMicroseconds),
            SystemTime = ToTime(_usage.SystemMicroseconds),
            ThrottledTime = ToTime(_usage.ThrottledMicroseconds),
            CpuLimit = _usage.CpuLimit,
            MemoryWorkingSet = _usage.AnonymousMemory + _usage.MappedFiles,
            MemoryUsage = usage,
            MemoryCharged = _usage.MemoryCharged,
            MemoryCache = _usage.FileCache,
            MemoryPeak = _usage.MemoryPeak,
            MemorySwap = _usage.Swap,
            MemoryLimit = _usage.MemoryLimit,
            MemoryPercent = total > 0 ? 100.0 * usage / total : null,
            Pids = _usage.Tasks,
            PidsLimit = _usage.TaskLimit,
            BlockRead = _usage.BytesRead,
            BlockWritten = _usage.BytesWritten,
            BlockReadOperations = _usage.ReadOperations,
            BlockWriteOperations = _usage.WriteOperations,
            NetworkReceived = _network?.Received,
            NetworkSent = _network?.Sent,
        };
    }

    private double? CpuPercent(StatisticsSample? earlier)
    {
        if (earlier is null || _usage.CpuMicroseconds - earlier._usage.CpuMicroseconds is not { } used)
            return null;
        double passed = Stopwatch.GetElapsedTime(earlier._clock, _clock).TotalMicroseconds;
        return passed > 0 ? Math.Max(0, 100.0 * used / passed) : null;
    }

    private static TimeSpan? ToTime(long? microseconds) => microseconds is { } known ? TimeSpan.FromTicks(known * TimeSpan.TicksPerMicrosecond) : null;

    /// <summary>Sums /proc/PID/net/dev (proc_pid_net(5)) over all interfaces but the loopback; null on the host's network.</summary>
    private static (long Received, long Sent)? ReadNetwork(int pid)
    {
        string process = $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}";
        try
        {
            if (new FileInfo(process + "/ns/net").LinkTarget is not { } own || own == new FileInfo("/proc/self/ns/net").LinkTarget)
                return null;
            long received = 0, sent = 0;
            foreach (string line in File.ReadLines(process + "/net/dev").Skip(2))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                // eth0: bytes packets errs drop fifo frame compressed multicast | bytes ...
                string[] numbers = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (colon < 0 || line.AsSpan(0, colon).Trim() is "lo" || numbers.Length < 9)
                    continue;
                received += long.Parse(numbers[0], CultureInfo.InvariantCulture);
                sent += long.Parse(numbers[8], CultureInfo.InvariantCulture);
            }
            return (received, sent);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
