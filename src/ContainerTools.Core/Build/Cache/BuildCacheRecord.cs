using ContainerTools.Oci;

namespace ContainerTools.Core.Build.Cache;

/// <summary>What a step of a build came to.</summary>
public sealed record BuildCacheRecord
{
    /// <summary>What the result depends on, as 64 hexadecimal digits.</summary>
    public string Key { get; init; } = "";

    /// <summary>The key of the same result by what the files are, where <see cref="Key"/> only goes by the layers that they are in; null otherwise.</summary>
    public string? ContentKey { get; init; }

    /// <summary>The step, on one line.</summary>
    public string Step { get; init; } = "";

    /// <summary>When it was executed.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>The layer's DiffID; empty when the step changed no file.</summary>
    public Digest DiffId { get; init; }

    /// <summary>The layer with those below it, by which it may be kept unpacked.</summary>
    public Digest ChainId { get; init; }

    /// <summary>The layer's blob; null when the step changed no file.</summary>
    public Descriptor? Blob { get; init; }

    /// <summary>Bytes of the unpacked layer.</summary>
    public long Size { get; init; }

    /// <summary>When it was last of use; not part of the file, but its time.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public DateTimeOffset LastUsed { get; init; }

    /// <summary>The record, once for each of its keys.</summary>
    internal IEnumerable<BuildCacheRecord> ForEachKey() => ContentKey is { } key ? [this, this with { Key = key, ContentKey = null }] : [this];
}
