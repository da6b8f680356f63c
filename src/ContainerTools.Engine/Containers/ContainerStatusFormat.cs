using System.Text;
using System.Text.Json;
using ContainerTools.Engine.Json;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// state.json. It is written by hand, since the monitor writes it and must not pay for a serializer (half a megabyte of memory, three milliseconds);
/// it is read by the shell.
/// </summary>
internal static class ContainerStatusFormat
{
    public static byte[] Write(ContainerStatus status)
    {
        var text = new StringBuilder(256);
        text.Append("{\"state\":\"").Append(Name(status.State)).Append('"');
        if (status.Pid != 0)
            JsonText.Number(text, "pid", status.Pid);
        if (status.PidStartTime != 0)
            JsonText.Number(text, "pidStartTime", (long)status.PidStartTime);
        JsonText.String(text, "bootId", status.BootId);
        JsonText.Time(text, "startedAt", status.StartedAt);
        JsonText.Time(text, "finishedAt", status.FinishedAt);
        if (status.ExitCode is { } code)
            JsonText.Number(text, "exitCode", code);
        if (status.OutOfMemory)
            text.Append(",\"outOfMemory\":true");
        if (status.RestartCount != 0)
            JsonText.Number(text, "restartCount", status.RestartCount);
        JsonText.String(text, "errorId", status.ErrorId);
        // A reader takes 8 KiB.
        JsonText.String(text, "error", status.Error is { Length: > 2000 } error ? error[..2000] : status.Error);
        text.Append("}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Reads what <see cref="Write"/> wrote; null if it is anything else, such as a file that a crash left empty.</summary>
    public static ContainerStatus? TryRead(ReadOnlySpan<byte> json)
    {
        var status = new ContainerStatus();
        bool hasState = false;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                switch (name)
                {
                    case "state":
                        hasState = Enum.TryParse(reader.GetString(), ignoreCase: true, out ContainerState state);
                        status.State = state;
                        break;
                    case "pid": status.Pid = reader.GetInt32(); break;
                    case "pidStartTime": status.PidStartTime = reader.GetUInt64(); break;
                    case "bootId": status.BootId = reader.GetString(); break;
                    case "startedAt": status.StartedAt = reader.GetDateTimeOffset(); break;
                    case "finishedAt": status.FinishedAt = reader.GetDateTimeOffset(); break;
                    case "exitCode": status.ExitCode = reader.GetInt32(); break;
                    case "outOfMemory": status.OutOfMemory = reader.GetBoolean(); break;
                    case "restartCount": status.RestartCount = reader.GetInt32(); break;
                    case "errorId": status.ErrorId = reader.GetString(); break;
                    case "error": status.Error = reader.GetString(); break;
                    default: reader.Skip(); break;
                }
            }
            return hasState && reader.TokenType == JsonTokenType.EndObject ? status : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static string Name(ContainerState state) => state switch
    {
        ContainerState.Created => "created",
        ContainerState.Starting => "starting",
        ContainerState.Running => "running",
        ContainerState.Restarting => "restarting",
        _ => "exited",
    };
}
