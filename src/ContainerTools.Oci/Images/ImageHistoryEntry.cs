using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>One step of an image's history (image-spec, config.md, "history").</summary>
public sealed record ImageHistoryEntry
{
    /// <summary>When the step was done.</summary>
    [JsonPropertyName("created")]
    [JsonConverter(typeof(LenientTimeJsonConverter))]
    public DateTimeOffset? Created { get; init; }

    /// <summary>Who did it.</summary>
    [JsonPropertyName("author")]
    public string? Author { get; init; }

    /// <summary>The command that made the layer.</summary>
    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; init; }

    /// <summary>A note.</summary>
    [JsonPropertyName("comment")]
    public string? Comment { get; init; }

    /// <summary>Whether the step changed no file, and so has no layer.</summary>
    [JsonPropertyName("empty_layer")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool EmptyLayer { get; init; }
}
