using System.Buffers;
using System.Text;
using System.Text.Json;
using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Runtime.Commands;

/// <summary>The lines of <c>events</c>, in the form that engines know from runc: times in nanoseconds, sizes in bytes. What the machine does not count is left out.</summary>
internal static class StatisticsReport
{
    public static string Write(string id, Cgroup group)
    {
        var usage = group.ReadUsage();
        return Line("stats", id, json =>
        {
            json.WriteStartObject("data"u8);
            json.WriteStartObject("cpu"u8);
            json.WriteStartObject("usage"u8);
            Number(json, "total", usage.CpuMicroseconds * 1000);
            Number(json, "kernel", usage.SystemMicroseconds * 1000);
            Number(json, "user", usage.UserMicroseconds * 1000);
            json.WriteEndObject();
            json.WriteStartObject("throttling"u8);
            Number(json, "throttledTime", usage.ThrottledMicroseconds * 1000);
            json.WriteEndObject();
            json.WriteEndObject();
            WriteMemory(json, usage);
            json.WriteStartObject("pids"u8);
            Number(json, "current", usage.Tasks);
            Number(json, "limit", usage.TaskLimit);
            json.WriteEndObject();
            json.WriteStartObject("blkio"u8);
            WriteTraffic(json, "ioServiceBytesRecursive", usage.BytesRead, usage.BytesWritten);
            WriteTraffic(json, "ioServicedRecursive", usage.ReadOperations, usage.WriteOperations);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    public static string WriteOutOfMemory(string id) => Line("oom", id, static _ => { });

    private static void WriteMemory(Utf8JsonWriter json, CgroupUsage usage)
    {
        json.WriteStartObject("memory"u8);
        Number(json, "cache", usage.FileCache);
        json.WriteStartObject("usage"u8);
        Number(json, "usage", usage.MemoryCharged);
        Number(json, "max", usage.MemoryPeak);
        Number(json, "limit", usage.MemoryLimit);
        json.WriteEndObject();
        json.WriteStartObject("raw"u8);
        Number(json, "rss", usage.AnonymousMemory);
        Number(json, "mapped_file", usage.MappedFiles);
        Number(json, "inactive_file", usage.InactiveFileCache);
        Number(json, "swap", usage.Swap);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // Sums over all devices.
    private static void WriteTraffic(Utf8JsonWriter json, string name, long? read, long? written)
    {
        json.WriteStartArray(name);
        foreach (var (operation, value) in new[] { ("Read", read), ("Write", written) })
        {
            if (value is null)
                continue;
            json.WriteStartObject();
            json.WriteString("op"u8, operation);
            Number(json, "value", value);
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
