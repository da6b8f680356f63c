using System.Text.Json;
using ContainerTools.Core.Content;
using ContainerTools.Core.Registry;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Archives;

/// <summary>
/// Finds the images of an archive as <c>docker save</c> writes it: <c>manifest.json</c> names a configuration and layers for each. A manifest in
/// OCI's form is made for each, naming the same configuration, so that the image's id stays.
/// </summary>
internal static class DockerArchiveReader
{
    private const string ManifestName = "manifest.json";
    private const string JsonExtension = ".json";

    internal static bool Recognizes(ArchiveContents archive) => archive.Find(ManifestName) is not null;

    internal static IReadOnlyList<ArchivedImage> Read(ArchiveContents archive, ContentStore content)
    {
        var images = new List<ArchivedImage>();
        foreach (var entry in ReadManifest(archive))
        {
            var (configName, config) = FindConfig(archive, entry);
            var layers = new List<Descriptor>();
            foreach (string name in entry.Layers ?? [])
            {
                var layer = archive.Find(name) ?? throw Invalid(archive, $"it lacks the layer '{name}' that its {ManifestName} names");
                layers.Add(new Descriptor { MediaType = LayerType(layer, content), Digest = layer.Digest, Size = layer.Size });
            }

            var manifest = new ImageManifest
            {
                SchemaVersion = 2,
                MediaType = MediaTypes.OciManifest,
                Config = new Descriptor { MediaType = MediaTypes.OciConfig, Digest = config.Digest, Size = config.Size },
                Layers = layers,
            };
            byte[] manifestBytes = JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Default.ImageManifest);
            images.Add(new ArchivedImage(
                manifestBytes,
                new Descriptor { MediaType = MediaTypes.OciManifest, Digest = Hashing.Sha256(manifestBytes), Size = manifestBytes.Length },
                manifest,
                config.Bytes!,
                ManifestReader.ReadConfig(config.Bytes!, manifest, $"'{archive.Path}' could not be imported ({configName})", archive.Path),
                null,
                NamesOf(entry)));
        }

        return images;
    }

    /// <summary>The names that <c>manifest.json</c> gives, by the digest of the image's configuration.</summary>
    internal static IReadOnlyDictionary<Digest, IReadOnlyList<ImageReference>> ReadNames(ArchiveContents archive)
    {
        var names = new Dictionary<Digest, IReadOnlyList<ImageReference>>();
        if (Recognizes(archive))
        {
            foreach (var entry in ReadManifest(archive))
            {
                names[FindConfig(archive, entry).Entry.Digest] = NamesOf(entry);
            }
        }

        return names;
    }

    private static List<DockerArchiveImage> ReadManifest(ArchiveContents archive)
    {
        try
        {
            byte[] bytes = archive.Find(ManifestName)?.Bytes ?? throw new JsonException("it is too large");
            var entries = JsonSerializer.Deserialize(bytes, OciJson.Default.ListDockerArchiveImage) ?? throw new JsonException("it is null");
            return entries.Contains(null!) ? throw new JsonException("it has a null image") : entries;
        }
        catch (JsonException e)
        {
            throw Invalid(archive, $"its {ManifestName} cannot be read: {e.Message}", e);
        }
    }

    private static (string Name, ArchiveEntry Entry) FindConfig(ArchiveContents archive, DockerArchiveImage image)
    {
        string name = image.Config ?? throw Invalid(archive, $"an image in its {ManifestName} has no configuration");
        var entry = archive.Find(name);
        if (entry?.Bytes is null)
        {
            throw Invalid(archive, entry is null ? $"it lacks the configuration '{name}' that its {ManifestName} names" : $"its configuration '{name}' is too large");
        }

        // Old archives name the configuration by its digest: a damaged one would otherwise come in under another id.
        string stem = name.EndsWith(JsonExtension, StringComparison.Ordinal) ? name[..^JsonExtension.Length] : "";
        return Digest.TryParse("sha256:" + stem, out var claimed) && claimed != entry.Digest
            ? throw new ContainerToolsException("ArchiveDigestMismatch", ErrorKind.InvalidData,
                $"'{archive.Path}' is damaged: its configuration '{name}' has digest {entry.Digest}. Nothing was imported.", archive.Path)
            : (name, entry);
    }

    private static List<ImageReference> NamesOf(DockerArchiveImage image)
    {
        var names = new List<ImageReference>();
        foreach (string text in image.RepoTags ?? [])
        {
            if (ImageReference.TryParse(text, out var name) && name.Digest is null && !names.Contains(name))
            {
                names.Add(name);
            }
        }

        return names;
    }

    private static string LayerType(ArchiveEntry layer, ContentStore content)
    {
        byte[] start = new byte[4];
        if (layer.Bytes is { } bytes)
        {
            start = bytes.Length >= start.Length ? bytes[..start.Length] : [];
        }
        else
        {
            using var blob = content.TryOpen(layer.Digest);
            blob?.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        }

        return Decompression.Detect(start) switch
        {
            LayerCompression.Gzip => MediaTypes.OciLayerGzip,
            LayerCompression.Zstd => MediaTypes.OciLayerZstd,
            _ => MediaTypes.OciLayer,
        };
    }

    private static ContainerToolsException Invalid(ArchiveContents archive, string why, Exception? inner = null) =>
        new("ArchiveInvalid", ErrorKind.InvalidData, $"'{archive.Path}' could not be imported: {why}.", archive.Path, inner);
}
