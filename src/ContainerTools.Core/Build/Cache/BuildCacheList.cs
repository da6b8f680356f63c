using System.Text.Json;

namespace ContainerTools.Core.Build.Cache;

/// <summary>The records of a build as a registry keeps them: the configuration of an artifact whose layers are the records' blobs, or an annotation of an image.</summary>
internal sealed record BuildCacheList
{
    /// <summary>The media type of the configuration that holds the list.</summary>
    internal const string MediaType = "application/vnd.containertools.buildcache.v1+json";

    /// <summary>The annotation of an image's manifest that holds the list.</summary>
    internal const string Annotation = "containertools.build-cache";

    /// <summary>More bytes than any list has.</summary>
    internal const int MaximumSize = 64 << 20;

    private const int CurrentVersion = 1;

    /// <summary>The form of the list.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The records, by key.</summary>
    public IReadOnlyList<BuildCacheRecord> Records { get; init => field = value ?? []; } = [];

    /// <summary>The list of some records; the same records always give the same bytes.</summary>
    internal static byte[] Write(IEnumerable<BuildCacheRecord> records) => JsonSerializer.SerializeToUtf8Bytes(
        new BuildCacheList { Records = [.. records.SelectMany(static r => r.ForEachKey()).DistinctBy(static r => r.Key).OrderBy(static r => r.Key, StringComparer.Ordinal)] }, BuildCacheJson.Default.BuildCacheList);

    /// <summary>Reads a list from who knows where; records that make no sense are passed over.</summary>
    /// <exception cref="JsonException">It is no list, or a newer one.</exception>
    internal static IEnumerable<BuildCacheRecord> Read(ReadOnlySpan<byte> json)
    {
        var list = JsonSerializer.Deserialize(json, BuildCacheJson.Default.BuildCacheList);
        return list is not { Version: CurrentVersion } ? throw new JsonException("it is in a form that this version does not know")
            : list.Records.Where(static r => r is not null && IsSound(r));
    }

    // Keys become the names of files.
    private static bool IsSound(BuildCacheRecord record) => record.Key is { Length: 64 } && record.Key.All(char.IsAsciiHexDigitLower)
        && (record.Blob is not { } blob || (blob.Size > 0 && !blob.Digest.IsEmpty && !record.DiffId.IsEmpty && !record.ChainId.IsEmpty));
}
