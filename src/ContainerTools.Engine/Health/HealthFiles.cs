using System.Globalization;
using System.Text;
using System.Text.Json;
using ContainerTools.Engine.Json;
using ContainerTools.Engine.Store;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Health;

/// <summary>
/// The two files of health checks in a container's directory: <c>healthcheck</c>, what the monitor is to do, in a form that costs it no JSON; <c>health.json</c>, what
/// it has found.
/// </summary>
internal static class HealthFiles
{
    private const string Instructions = "healthcheck";
    private const string Results = "health.json";

    /// <summary>Writes the instructions: times in milliseconds, the number of retries and the words of the command, with a NUL after each.</summary>
    public static void WriteCheck(string directory, HealthCheck check)
    {
        var text = new StringBuilder();
        foreach (var time in new[] { check.Interval, check.Timeout, check.StartPeriod, check.StartInterval })
            text.Append(((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)).Append('\0');
        text.Append(check.Retries.ToString(CultureInfo.InvariantCulture)).Append('\0').AppendJoin('\0', check.Command);
        AtomicFile.Write(Path.Combine(directory, Instructions), Encoding.UTF8.GetBytes(text.ToString()), durable: false);
    }

    /// <summary>The instructions; null if they are missing or damaged.</summary>
    public static HealthCheck? ReadCheck(string directory)
    {
        if (TryRead(Path.Combine(directory, Instructions)) is not { } bytes)
            return null;
        string[] fields = Encoding.UTF8.GetString(bytes).Split('\0');
        long[] times = new long[4];
        for (int i = 0; i < times.Length; i++)
        {
            if (fields.Length < 6 || !long.TryParse(fields[i], NumberStyles.None, CultureInfo.InvariantCulture, out times[i]))
                return null;
        }
        return new HealthCheck
        {
            Interval = TimeSpan.FromMilliseconds(times[0]),
            Timeout = TimeSpan.FromMilliseconds(times[1]),
            StartPeriod = TimeSpan.FromMilliseconds(times[2]),
            StartInterval = TimeSpan.FromMilliseconds(times[3]),
            Retries = int.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out int retries) ? retries : 1,
            Command = [.. fields[5..]],
        };
    }

    public static void Write(string directory, ContainerHealth health)
    {
        var text = new StringBuilder("{");
        JsonText.String(text, "status", Name(health.Status));
        JsonText.Number(text, "failingStreak", health.FailingStreak);
        text.Append(",\"log\":[");
        foreach (var result in health.Log)
        {
            text.Append(text[^1] == '[' ? "" : ",").Append('{');
            JsonText.Time(text, "start", result.StartedAt);
            JsonText.Time(text, "end", result.FinishedAt);
            JsonText.Number(text, "exitCode", result.ExitCode);
            JsonText.String(text, "output", result.Output);
            text.Append('}');
        }
        AtomicFile.Write(Path.Combine(directory, Results), Encoding.UTF8.GetBytes(text.Append("]}\n").ToString()), durable: false);
    }

    /// <summary>What was found; nothing yet, if there is no file that can be read.</summary>
    public static ContainerHealth Read(string directory)
    {
        try
        {
            if (TryRead(Path.Combine(directory, Results)) is not { } bytes)
                return ContainerHealth.Unknown;
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            var status = root.GetProperty("status").GetString() switch { "healthy" => HealthStatus.Healthy, "unhealthy" => HealthStatus.Unhealthy, _ => HealthStatus.Starting };
            List<HealthCheckResult> log = [];
            foreach (var entry in root.GetProperty("log").EnumerateArray())
            {
                log.Add(new HealthCheckResult(entry.GetProperty("start").GetDateTimeOffset(), entry.GetProperty("end").GetDateTimeOffset(),
                    entry.GetProperty("exitCode").GetInt32(), entry.GetProperty("output").GetString() ?? ""));
            }
            return new ContainerHealth(status, root.GetProperty("failingStreak").GetInt32(), log);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return ContainerHealth.Unknown;
        }
    }

    public static string Name(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Unhealthy => "unhealthy",
        _ => "starting",
    };

    private static byte[]? TryRead(string path)
    {
        using var file = FileCalls.OpenIfExists(path, OpenFlags.ReadOnly);
        if (file is null)
            return null;
        byte[] content = new byte[RandomAccess.GetLength(file)];
        int length = RandomAccess.Read(file, content, 0);
        return content[..length];
    }
}
