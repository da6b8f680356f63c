using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>An image's configuration (image-spec, config.md). Its digest is the image's id.</summary>
public sealed record ImageConfig
{
    /// <summary>When the image was made.</summary>
    [JsonPropertyName("created")]
    [JsonConverter(typeof(LenientTimeJsonConverter))]
    public DateTimeOffset? Created { get; init; }

    /// <summary>Who made the image.</summary>
    [JsonPropertyName("author")]
    public string? Author { get; init; }

    /// <summary>The processor architecture, as Go names it: <c>amd64</c>.</summary>
    [JsonPropertyName("architecture")]
    public string Architecture { get; init => field = value ?? ""; } = "";

    /// <summary>The processor's variant: <c>v7</c> of <c>arm</c>.</summary>
    [JsonPropertyName("variant")]
    public string? Variant { get; init; }

    /// <summary>The operating system, as Go names it: <c>linux</c>.</summary>
    [JsonPropertyName("os")]
    public string Os { get; init => field = value ?? ""; } = "";

    /// <summary>The version of the operating system, which Windows images name.</summary>
    [JsonPropertyName("os.version")]
    public string? OsVersion { get; init; }

    /// <summary>Required features of the operating system.</summary>
    [JsonPropertyName("os.features")]
    public IReadOnlyList<string>? OsFeatures { get; init; }

    /// <summary>What a container made from the image starts with.</summary>
    [JsonPropertyName("config")]
    public ImageRuntimeConfig Config { get; init => field = value ?? new(); } = new();

    /// <summary>The layers.</summary>
    [JsonPropertyName("rootfs")]
    public ImageRootFs RootFs { get; init => field = value ?? new(); } = new();

    /// <summary>How the image came about, one entry for each step.</summary>
    [JsonPropertyName("history")]
    public IReadOnlyList<ImageHistoryEntry> History { get; init => field = value ?? []; } = [];

    /// <summary>The platform that the image is for.</summary>
    [JsonIgnore]
    public Platform Platform => new() { Os = Os, Architecture = Architecture, Variant = Variant, OsVersion = OsVersion, OsFeatures = OsFeatures };
}
