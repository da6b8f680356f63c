using System.Text.Json;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Registry;

/// <summary>Reads manifests that may be anything: each fault gets its own error.</summary>
internal static class ManifestReader
{
    private const int MaxLayers = 1024;

    /// <summary>The document's media type: what it says itself, else what it was sent as, else what it looks like.</summary>
    internal static string DetermineType(ReadOnlySpan<byte> bytes, string? contentType, string what, object? target)
    {
        string? own = null;
        bool hasConfig = false, hasManifests = false, hasFsLayers = false;
        try
        {
            var reader = new Utf8JsonReader(bytes);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException("It is not an object.");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                own = name == "mediaType" && reader.TokenType == JsonTokenType.String ? reader.GetString() : own;
                hasConfig |= name == "config";
                hasManifests |= name == "manifests";
                hasFsLayers |= name == "fsLayers";
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ContainerToolsException("ManifestInvalid", ErrorKind.InvalidData,
                $"{what}: its manifest is not JSON ({e.Message.TrimEnd('.')}). Is this really a registry?", target, e);
        }

        string? type = own ?? (IsKnown(contentType) ? contentType : null)
            ?? (hasFsLayers ? MediaTypes.DockerSchema1 : hasManifests ? MediaTypes.OciIndex : hasConfig ? MediaTypes.OciManifest : contentType);
        if (MediaTypes.IsSchema1(type) || hasFsLayers)
        {
            throw new ContainerToolsException("ManifestSchema1NotSupported", ErrorKind.NotSupported,
                $"{what}: it is in Docker's image format 1, which was given up in 2017. Push it again with a current tool.", target);
        }

        if (!MediaTypes.IsIndex(type) && !MediaTypes.IsManifest(type))
        {
            throw new ContainerToolsException("ManifestTypeNotSupported", ErrorKind.NotSupported,
                $"{what}: it is '{type ?? "of an unknown type"}', not an image. OCI and Docker (schema 2) manifests and indexes are supported.", target);
        }

        // A document that is both may be read as one thing by one tool and as another by the next (CVE-2021-41190).
        return hasConfig && hasManifests
            ? throw new ContainerToolsException("ManifestInvalid", ErrorKind.InvalidData, $"{what}: its manifest claims to be an image and an index at once.", target)
            : type!;
    }

    internal static ImageIndex ReadIndex(ReadOnlySpan<byte> bytes, string what, object? target)
    {
        var index = Parse(bytes, OciJson.Default.ImageIndex, what, target);
        return index.SchemaVersion == 2 ? index : throw Invalid(what, $"its schema version is {index.SchemaVersion}, expected 2", target);
    }

    internal static ImageManifest ReadManifest(ReadOnlySpan<byte> bytes, string what, object? target)
    {
        var manifest = Parse(bytes, OciJson.Default.ImageManifest, what, target);
        if (manifest.SchemaVersion != 2)
        {
            throw Invalid(what, $"its schema version is {manifest.SchemaVersion}, expected 2", target);
        }

        if (manifest.Config is null)
        {
            throw Invalid(what, "it has no configuration", target);
        }

        if (!MediaTypes.IsConfig(manifest.Config.MediaType))
        {
            throw new ContainerToolsException("ManifestTypeNotSupported", ErrorKind.NotSupported,
                $"{what}: it is an artifact of type '{manifest.ArtifactType ?? manifest.Config.MediaType}', not an image.", target);
        }

        if (manifest.Layers.Count > MaxLayers || manifest.Config.Size is < 0 or > RegistryClient.MaxManifestSize || manifest.Layers.Any(static l => l is null || l.Size < 0))
        {
            throw Invalid(what, "it has impossible sizes or too many layers", target);
        }

        foreach (var layer in manifest.Layers)
        {
            if (MediaTypes.CompressionOf(layer.MediaType) is null)
            {
                throw new ContainerToolsException("LayerTypeNotSupported", ErrorKind.NotSupported,
                    $"{what}: layer {layer.Digest.ShortHex} is '{layer.MediaType}'; plain tar and tar compressed by gzip or zstd are supported.", target);
            }
        }

        return manifest;
    }

    internal static ImageConfig ReadConfig(ReadOnlySpan<byte> bytes, ImageManifest manifest, string what, object? target)
    {
        ImageConfig? config;
        try
        {
            config = JsonSerializer.Deserialize(bytes, OciJson.Default.ImageConfig);
        }
        catch (JsonException e)
        {
            throw new ContainerToolsException("ImageConfigInvalid", ErrorKind.InvalidData, $"{what}: its configuration cannot be read: {e.Message}", target, e);
        }

        if (config is null || config.RootFs.DiffIds.Count != manifest.Layers.Count)
        {
            throw new ContainerToolsException("ImageConfigInvalid", ErrorKind.InvalidData,
                $"{what}: its manifest has {manifest.Layers.Count} layers, its configuration {config?.RootFs.DiffIds.Count ?? 0}.", target);
        }

        return config;
    }

    /// <summary>Chooses from an index the manifest for a platform: the best match, the first of equals.</summary>
    internal static Descriptor Select(ImageIndex index, Platform platform, string what, object? target)
    {
        Descriptor? best = null;
        int bestRank = int.MaxValue;
        foreach (var candidate in index.Manifests)
        {
            if (candidate is null || (!MediaTypes.IsManifest(candidate.MediaType) && !MediaTypes.IsIndex(candidate.MediaType)))
            {
                continue;
            }

            // No platform says nothing: such a manifest is taken when there is no better one.
            int? rank = candidate.Platform is { } offered ? platform.Rank(offered) : 1000;
            if (rank < bestRank)
            {
                (best, bestRank) = (candidate, rank.Value);
            }
        }

        if (best is not null)
        {
            return best;
        }

        var offers = index.Manifests.Select(static m => m?.Platform).OfType<Platform>().Where(static p => p.Os != "unknown").Select(static p => p.ToString()).Distinct().ToList();
        throw new ContainerToolsException("PlatformNotFound", ErrorKind.NotFound,
            $"{what}: it does not exist for platform {platform}. {(offers.Count == 0 ? "Its index lists no image." : $"It exists for: {string.Join(", ", offers)}.")}", target);
    }

    private static bool IsKnown(string? type) => MediaTypes.IsIndex(type) || MediaTypes.IsManifest(type) || MediaTypes.IsSchema1(type);

    private static T Parse<T>(ReadOnlySpan<byte> bytes, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what, object? target)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw Invalid(what, "it is null", target);
        }
        catch (JsonException e)
        {
            throw Invalid(what, e.Message.TrimEnd('.'), target, e);
        }
    }

    private static ContainerToolsException Invalid(string what, string why, object? target, Exception? inner = null) =>
        new("ManifestInvalid", ErrorKind.InvalidData, $"{what}: its manifest is not valid: {why}.", target, inner);
}
