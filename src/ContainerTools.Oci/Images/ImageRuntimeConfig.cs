using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>
/// What a container made from an image starts with (image-spec, config.md, "config", and Docker's additions). What the image
/// leaves out is null.
/// </summary>
public sealed record ImageRuntimeConfig
{
    /// <summary>The user: <c>name</c>, <c>uid</c>, <c>name:group</c>, <c>uid:gid</c>.</summary>
    [JsonPropertyName("User")]
    public string? User { get; init; }

    /// <summary>The ports that the image's program listens on: <c>80/tcp</c>.</summary>
    [JsonPropertyName("ExposedPorts")]
    [JsonConverter(typeof(KeySetJsonConverter))]
    public IReadOnlyList<string>? ExposedPorts { get; init; }

    /// <summary>Environment variables, <c>NAME=value</c>.</summary>
    [JsonPropertyName("Env")]
    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>The program and its first arguments.</summary>
    [JsonPropertyName("Entrypoint")]
    [JsonConverter(typeof(CommandJsonConverter))]
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>The arguments of the entrypoint, or the whole command where there is none.</summary>
    [JsonPropertyName("Cmd")]
    [JsonConverter(typeof(CommandJsonConverter))]
    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>The paths that should be volumes.</summary>
    [JsonPropertyName("Volumes")]
    [JsonConverter(typeof(KeySetJsonConverter))]
    public IReadOnlyList<string>? Volumes { get; init; }

    /// <summary>The directory that the command starts in.</summary>
    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; init; }

    /// <summary>Labels.</summary>
    [JsonPropertyName("Labels")]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The signal that asks the command to stop: <c>SIGTERM</c>, <c>15</c>.</summary>
    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; init; }

    /// <summary>Seconds to wait for the command to stop (Docker's addition).</summary>
    [JsonPropertyName("StopTimeout")]
    public int? StopTimeout { get; init; }

    /// <summary>How to tell that the container is well (Docker's addition).</summary>
    [JsonPropertyName("Healthcheck")]
    public ImageHealthcheck? Healthcheck { get; init; }

    /// <summary>The shell of commands given as text, when building (Docker's addition).</summary>
    [JsonPropertyName("Shell")]
    [JsonConverter(typeof(CommandJsonConverter))]
    public IReadOnlyList<string>? Shell { get; init; }

    /// <summary>Instructions to run when another image is built from this one (Docker's addition).</summary>
    [JsonPropertyName("OnBuild")]
    public IReadOnlyList<string>? OnBuild { get; init; }
}
