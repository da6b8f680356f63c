using System.Text;
using System.Text.Json;
using ContainerTools.Engine.Json;

namespace ContainerTools.Runtime.State;

/// <summary>state.json, token by token: setting up the serializer would cost every command 2 ms.</summary>
internal static class StateJson
{
    public static byte[] Write(ContainerStateFile state)
    {
        var text = new StringBuilder("{", 512);
        JsonText.String(text, "id", state.Id);
        JsonText.String(text, "bundle", state.Bundle);
        JsonText.Number(text, "pid", state.Pid);
        JsonText.Number(text, "startTime", (long)state.StartTime);
        JsonText.Time(text, "created", state.Created);
        JsonText.String(text, "cgroupPath", state.CgroupPath);
        JsonText.String(text, "scope", state.Scope);
        JsonText.String(text, "rootPath", state.RootPath);
        WriteTexts(text, "cgroupMounts", state.CgroupMounts);
        WriteTexts(text, "annotations", state.Annotations);
        return Encoding.UTF8.GetBytes(text.Append('}').ToString());
    }

    private static void WriteTexts(StringBuilder text, string member, IReadOnlyDictionary<string, string>? texts)
    {
        if (texts is null)
            return;
        text.Append(",\"").Append(member).Append("\":{");
        foreach (var (name, value) in texts)
        {
            JsonText.Value(text.Append(text[^1] == '{' ? "" : ","), name).Append(':');
            JsonText.Value(text, value);
        }
        text.Append('}');
    }

    /// <exception cref="JsonException">It is not such a document.</exception>
    public static ContainerStateFile Read(ReadOnlySpan<byte> text)
    {
        var state = new ContainerStateFile();
        var json = new Utf8JsonReader(text);
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                throw new JsonException("state.json is not an object.");
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                ReadMember(ref json, state);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException)
        {
            throw new JsonException($"state.json holds a value of the wrong kind at byte {json.TokenStartIndex}.", error);
        }
        return state;
    }

    private static void ReadMember(ref Utf8JsonReader json, ContainerStateFile state)
    {
        if (json.ValueTextEquals("id"u8) && json.Read())
            state.Id = json.GetString() ?? "";
        else if (json.ValueTextEquals("bundle"u8) && json.Read())
            state.Bundle = json.GetString() ?? "";
        else if (json.ValueTextEquals("pid"u8) && json.Read())
            state.Pid = json.GetInt32();
        else if (json.ValueTextEquals("startTime"u8) && json.Read())
            state.StartTime = json.GetUInt64();
        else if (json.ValueTextEquals("created"u8) && json.Read())
            state.Created = json.GetDateTimeOffset();
        else if (json.ValueTextEquals("cgroupPath"u8) && json.Read())
            state.CgroupPath = json.GetString();
        else if (json.ValueTextEquals("scope"u8) && json.Read())
            state.Scope = json.GetString();
        else if (json.ValueTextEquals("rootPath"u8) && json.Read())
            state.RootPath = json.GetString();
        else if (json.ValueTextEquals("annotations"u8) && json.Read())
            state.Annotations = ReadTexts(ref json);
        else if (json.ValueTextEquals("cgroupMounts"u8) && json.Read())
            state.CgroupMounts = ReadTexts(ref json);
        else
            json.Skip();
    }

    private static Dictionary<string, string> ReadTexts(ref Utf8JsonReader json)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            texts[name] = json.GetString() ?? "";
        }
        return texts;
    }
}
