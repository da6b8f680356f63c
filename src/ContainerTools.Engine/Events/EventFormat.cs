using System.Text;
using System.Text.Json;
using ContainerTools.Engine.Json;

namespace ContainerTools.Engine.Events;

/// <summary>A line of the event log: an object with time, type, action, id, name, and text members for the rest.</summary>
internal static class EventFormat
{
    // A line is written by one call, and read into memory.
    private const int MaximumValue = 1000;

    public static byte[] Write(ContainerEventType type, ContainerEventAction action, string id, string name, ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        var text = new StringBuilder("{", 256);
        JsonText.Time(text, "time", DateTimeOffset.UtcNow);
        JsonText.String(text, "type", Name(type));
        JsonText.String(text, "action", Name(action));
        JsonText.String(text, "id", id);
        JsonText.String(text, "name", name);
        foreach (var (attribute, value) in attributes)
            JsonText.String(text, attribute, value is { Length: > MaximumValue } ? value[..MaximumValue] : value);
        return Encoding.UTF8.GetBytes(text.Append("}\n").ToString());
    }

    /// <summary>Reads a line; null for one that was cut off by a full disk, or that another version has written.</summary>
    public static ContainerEvent? TryRead(ReadOnlyMemory<byte> line)
    {
        try
        {
            DateTimeOffset time = default;
            ContainerEventType? type = null;
            ContainerEventAction? action = null;
            string? id = null, name = null;
            var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
            var reader = new Utf8JsonReader(line.Span);
            reader.Read();
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                string member = reader.GetString()!;
                reader.Read();
                switch (member)
                {
                    case "time": time = reader.GetDateTimeOffset(); break;
                    case "type": type = Find<ContainerEventType>(reader.GetString(), Name); break;
                    case "action": action = Find<ContainerEventAction>(reader.GetString(), Name); break;
                    case "id": id = reader.GetString(); break;
                    case "name": name = reader.GetString(); break;
                    default: attributes[member] = reader.GetString() ?? ""; break;
                }
            }
            return type is null || action is null || id is null || name is null || reader.TokenType is not JsonTokenType.EndObject ? null
                : new ContainerEvent { Time = time, Type = type.Value, Action = action.Value, Id = id, Name = name, Attributes = attributes };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    // By hand, since the names of enumerations' values cost the monitor reflection.
    private static string Name(ContainerEventType type) => type switch
    {
        ContainerEventType.Container => "container",
        ContainerEventType.Image => "image",
        ContainerEventType.Volume => "volume",
        _ => "network",
    };

    private static string Name(ContainerEventAction action) => action switch
    {
        ContainerEventAction.Create => "create",
        ContainerEventAction.Start => "start",
        ContainerEventAction.Die => "die",
        ContainerEventAction.OutOfMemory => "oom",
        ContainerEventAction.Pause => "pause",
        ContainerEventAction.Unpause => "unpause",
        ContainerEventAction.Kill => "kill",
        ContainerEventAction.Stop => "stop",
        ContainerEventAction.Restart => "restart",
        ContainerEventAction.Rename => "rename",
        ContainerEventAction.Update => "update",
        ContainerEventAction.Health => "health",
        ContainerEventAction.Exec => "exec",
        ContainerEventAction.Remove => "remove",
        ContainerEventAction.Pull => "pull",
        ContainerEventAction.Push => "push",
        ContainerEventAction.Import => "import",
        ContainerEventAction.Commit => "commit",
        ContainerEventAction.Build => "build",
        ContainerEventAction.Tag => "tag",
        ContainerEventAction.Untag => "untag",
        ContainerEventAction.Connect => "connect",
        _ => "disconnect",
    };

    private static T? Find<T>(string? text, Func<T, string> name)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (name(value) == text)
                return value;
        }
        return null;
    }
}
