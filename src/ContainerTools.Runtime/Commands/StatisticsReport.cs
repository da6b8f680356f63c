using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Files;

namespace ContainerTools.Runtime.Commands;

/// <summary>The lines of <c>events</c>, in the form that engines know from runc: times in nanoseconds, sizes in bytes. What the machine does not count is left out.</summary>
internal static class StatisticsReport
{
    private static readonly (string Member, int Column)[] InterfaceColumns =
        [("RxBytes", 0), ("RxPackets", 1), ("RxErrors", 2), ("RxDropped", 3), ("TxBytes", 8), ("TxPackets", 9), ("TxErrors", 10), ("TxDropped", 11)];

    /// <summary>The line of a container's usage.</summary>
    /// <param name="id">The container.</param>
    /// <param name="group">Its control group.</param>
    /// <param name="pid">A process of it, for its network interfaces.</param>
    public static string Write(string id, Cgroup group, int pid)
    {
        var (usage, details) = (group.ReadUsage(), group.ReadDetails());
        return Line("stats", id, json =>
        {
            json.WriteStartObject("data"u8);
            WriteProcessors(json, usage, details);
            WriteMemory(json, usage, details);
            json.WriteStartObject("pids"u8);
            Number(json, "current", usage.Tasks);
            Number(json, "limit", usage.TaskLimit);
            json.WriteEndObject();
            json.WriteStartObject("blkio"u8);
            WriteTraffic(json, "ioServiceBytesRecursive", details.BlockBytes);
            WriteTraffic(json, "ioServicedRecursive", details.BlockOperations);
            json.WriteEndObject();
            json.WriteStartObject("hugetlb"u8);
            foreach (var (size, counter) in details.HugePages)
                WriteCounter(json, size, counter);
            json.WriteEndObject();
            WriteInterfaces(json, pid);
            json.WriteEndObject();
        });
    }

    public static string WriteOutOfMemory(string id) => Line("oom", id, static _ => { });

    private static void WriteProcessors(Utf8JsonWriter json, CgroupUsage usage, CgroupDetails details)
    {
        json.WriteStartObject("cpu"u8);
        json.WriteStartObject("usage"u8);
        Number(json, "total", usage.CpuMicroseconds * 1000);
        if (details.CpuNanoseconds.Count > 0)
        {
            json.WriteStartArray("percpu"u8);
            foreach (var time in details.CpuNanoseconds)
                json.WriteNumberValue(time);
            json.WriteEndArray();
        }
        Number(json, "kernel", usage.SystemMicroseconds * 1000);
        Number(json, "user", usage.UserMicroseconds * 1000);
        json.WriteEndObject();
        json.WriteStartObject("throttling"u8);
        Number(json, "periods", details.Periods);
        Number(json, "throttledPeriods", details.ThrottledPeriods);
        Number(json, "throttledTime", usage.ThrottledMicroseconds * 1000);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("cpuset"u8);
        WriteSet(json, "cpus", details.CpuSet);
        WriteSet(json, "mems", details.MemoryNodes);
        json.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter json, CgroupUsage usage, CgroupDetails details)
    {
        json.WriteStartObject("memory"u8);
        Number(json, "cache", usage.FileCache);
        WriteCounter(json, "usage", new CgroupCounter(usage.MemoryCharged, usage.MemoryPeak, usage.MemoryLimit, details.MemoryFailures));
        WriteCounter(json, "swap", details.Swap);
        WriteCounter(json, "kernel", details.Kernel);
        WriteCounter(json, "kernelTCP", details.KernelTcp);
        json.WriteStartObject("raw"u8);
        foreach (var (name, value) in details.MemoryStatistics)
            json.WriteNumber(name, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteCounter(Utf8JsonWriter json, string name, CgroupCounter? counter)
    {
        if (counter is null)
            return;
        json.WriteStartObject(name);
        Number(json, "usage", counter.Usage);
        Number(json, "max", counter.Peak);
        Number(json, "limit", counter.Limit);
        Number(json, "failcnt", counter.Failures);
        json.WriteEndObject();
    }

    // As numbers, one by one: "0-1,3" is 0, 1 and 3.
    private static void WriteSet(Utf8JsonWriter json, string name, string? set)
    {
        if (set is null)
            return;
        json.WriteStartArray(name);
        foreach (var range in set.Split(','))
        {
            var ends = range.Split('-');
            for (var (number, last) = (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture)); number <= last; number++)
                json.WriteNumberValue(number);
        }
        json.WriteEndArray();
    }

    private static void WriteTraffic(Utf8JsonWriter json, string name, IReadOnlyList<CgroupBlockCounter> counters)
    {
        json.WriteStartArray(name);
        foreach (var counter in counters)
        {
            json.WriteStartObject();
            json.WriteNumber("major"u8, counter.Major);
            json.WriteNumber("minor"u8, counter.Minor);
            json.WriteString("op"u8, counter.Operation);
            json.WriteNumber("value"u8, counter.Value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // proc_pid_net(5): two lines of titles, then a name and sixteen numbers each. The members have the names that runc gives them.
    private static void WriteInterfaces(Utf8JsonWriter json, int pid)
    {
        json.WriteStartArray("network_interfaces"u8);
        foreach (var line in (KernelFile.TryRead(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/net/dev")) ?? "").Split('\n').Skip(2))
        {
            if (line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries) is not [var name, .. { Length: 16 } numbers])
                continue;
            json.WriteStartObject();
            json.WriteString("Name"u8, name);
            foreach (var (member, column) in InterfaceColumns)
                json.WriteNumber(member, ulong.Parse(numbers[column], CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
    }

    private static string Line(string type, string id, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, type);
            json.WriteString("id"u8, id);
            write(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }
}
