using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>How to tell that a container is well (Docker's addition to the image configuration). Null times mean the default.</summary>
public sealed record ImageHealthcheck
{
    /// <summary>The test: <c>NONE</c>, <c>CMD</c> and arguments, or <c>CMD-SHELL</c> and one line.</summary>
    [JsonPropertyName("Test")]
    public IReadOnlyList<string>? Test { get; init; }

    /// <summary>The time between two tests.</summary>
    [JsonPropertyName("Interval")]
    [JsonConverter(typeof(NanosecondsJsonConverter))]
    public TimeSpan? Interval { get; init; }

    /// <summary>How long a test may take.</summary>
    [JsonPropertyName("Timeout")]
    [JsonConverter(typeof(NanosecondsJsonConverter))]
    public TimeSpan? Timeout { get; init; }

    /// <summary>The time at the start in which failures do not count.</summary>
    [JsonPropertyName("StartPeriod")]
    [JsonConverter(typeof(NanosecondsJsonConverter))]
    public TimeSpan? StartPeriod { get; init; }

    /// <summary>The time between two tests in the start period.</summary>
    [JsonPropertyName("StartInterval")]
    [JsonConverter(typeof(NanosecondsJsonConverter))]
    public TimeSpan? StartInterval { get; init; }

    /// <summary>How many failures in a row make the container unhealthy.</summary>
    [JsonPropertyName("Retries")]
    public int? Retries { get; init; }
}
