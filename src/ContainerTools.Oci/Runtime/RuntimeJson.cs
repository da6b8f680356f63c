using System.Buffers;
using System.Text.Json;

namespace ContainerTools.Oci.Runtime;

/// <summary>Reads and writes the documents of the runtime-spec. Reading throws <see cref="JsonException"/> for what is not such a document.</summary>
public static class RuntimeJson
{
    /// <summary>The version of the runtime-spec that documents written here follow.</summary>
    public const string SpecVersion = "1.2.0";

    /// <summary>Reads a config.json.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    public static RuntimeSpec ReadSpec(ReadOnlySpan<byte> json) =>
        Read(json, RuntimeReader.RuntimeSpec, "config.json");

    /// <summary>Writes a config.json as UTF-8.</summary>
    public static byte[] WriteSpec(RuntimeSpec spec) => JsonSerializer.SerializeToUtf8Bytes(spec, RuntimeJsonContext.Default.RuntimeSpec);

    /// <summary>Reads a process document, as <c>exec --process</c> takes it.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    public static ProcessSpec ReadProcess(ReadOnlySpan<byte> json) =>
        Read(json, RuntimeReader.ProcessSpec, "The process document");

    /// <summary>Writes a process document as UTF-8.</summary>
    public static byte[] WriteProcess(ProcessSpec process) => JsonSerializer.SerializeToUtf8Bytes(process, RuntimeJsonContext.Default.ProcessSpec);

    /// <summary>Reads a state document.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    public static RuntimeState ReadState(ReadOnlySpan<byte> json) =>
        Read(json, RuntimeReader.RuntimeState, "The state document");

    /// <summary>Reads resources, as <c>update --resources</c> takes them.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    public static LinuxResources ReadResources(ReadOnlySpan<byte> json) =>
        Read(json, RuntimeReader.LinuxResources, "The resources document");

    /// <summary>Writes a state document as UTF-8.</summary>
    public static byte[] WriteState(RuntimeState state)
    {
        // Without the serializer, as reading: a runtime writes one with every command.
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion"u8, state.OciVersion);
            json.WriteString("id"u8, state.Id);
            json.WriteString("status"u8, state.Status);
            if (state.Pid is { } pid)
                json.WriteNumber("pid"u8, pid);
            json.WriteString("bundle"u8, state.Bundle);
            if (state.Annotations is { } annotations)
            {
                json.WriteStartObject("annotations"u8);
                foreach ((string name, string value) in annotations)
                    json.WriteString(name, value);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes a features document as UTF-8.</summary>
    public static byte[] WriteFeatures(RuntimeFeatures features) => JsonSerializer.SerializeToUtf8Bytes(features, RuntimeJsonContext.Default.RuntimeFeatures);

    private static T Read<T>(ReadOnlySpan<byte> json, JsonValues.Read<T> read, string what)
        where T : class
    {
        var reader = new Utf8JsonReader(json.StartsWith("\uFEFF"u8) ? json[3..] : json);
        try
        {
            T document = read(ref reader) ?? throw new JsonException($"{what} holds the JSON value null instead of an object.");
            // Anything but white space behind the document makes this throw.
            reader.Read();
            return document;
        }
        catch (JsonException e) when (e.BytePositionInLine is null && JsonLocation.Of(json, reader.TokenStartIndex) is { Length: > 0 } location)
        {
            // Well-formed, but not what belongs there.
            throw new JsonException($"{location}: {e.Message}", e);
        }
    }
}
