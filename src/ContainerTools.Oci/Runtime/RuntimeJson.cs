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
        JsonSerializer.Deserialize(WithoutMark(json), RuntimeJsonContext.Default.RuntimeSpec) ?? throw Empty("config.json");

    /// <summary>Writes a config.json as UTF-8.</summary>
    public static byte[] WriteSpec(RuntimeSpec spec) => JsonSerializer.SerializeToUtf8Bytes(spec, RuntimeJsonContext.Default.RuntimeSpec);

    /// <summary>Reads a process document, as <c>exec --process</c> takes it.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    public static ProcessSpec ReadProcess(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(WithoutMark(json), RuntimeJsonContext.Default.ProcessSpec) ?? throw Empty("The process document");

    /// <summary>Writes a process document as UTF-8.</summary>
    public static byte[] WriteProcess(ProcessSpec process) => JsonSerializer.SerializeToUtf8Bytes(process, RuntimeJsonContext.Default.ProcessSpec);

    /// <summary>Reads a state document.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark.</param>
    public static RuntimeState ReadState(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(WithoutMark(json), RuntimeJsonContext.Default.RuntimeState) ?? throw Empty("The state document");

    /// <summary>Writes a state document as UTF-8.</summary>
    public static byte[] WriteState(RuntimeState state) => JsonSerializer.SerializeToUtf8Bytes(state, RuntimeJsonContext.Default.RuntimeState);

    /// <summary>Writes a features document as UTF-8.</summary>
    public static byte[] WriteFeatures(RuntimeFeatures features) => JsonSerializer.SerializeToUtf8Bytes(features, RuntimeJsonContext.Default.RuntimeFeatures);

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> json) => json.StartsWith("\uFEFF"u8) ? json[3..] : json;

    private static JsonException Empty(string what) => new($"{what} holds the JSON value null instead of an object.");
}
