using System.Collections.Concurrent;
using System.Text.Json;
using ContainerTools.Core.Content;
using ContainerTools.Core.Registry;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>Reads the store's index as images, and finds them by what people call them.</summary>
internal sealed class ImageCatalog(ContentStore content)
{
    private const int MinIdPrefix = 2;

    // What a digest names never changes.
    private readonly ConcurrentDictionary<Digest, (ImageManifest Manifest, ImageConfig Config)> known = new();

    internal IReadOnlyList<Image> List()
    {
        var images = new List<Image>();
        foreach (var entry in content.ReadIndex().Manifests)
        {
            if (TryRead(entry) is { } image)
            {
                images.Add(image);
            }
        }

        return [.. images.OrderBy(static i => i.Repository ?? "~", StringComparer.Ordinal).ThenBy(static i => i.Tag, StringComparer.Ordinal)];
    }

    internal IReadOnlyList<Image> Find(string name)
    {
        var images = List();
        if (WildcardText.HasWildcards(name))
        {
            return [.. images.Where(i => i.Reference is { } r
                && (WildcardText.Matches(name, r.Familiar) || WildcardText.Matches(name, r.ToString()) || WildcardText.Matches(name, r.FamiliarName)))];
        }

        // A name goes before an id: "cafe" may be either.
        if (ImageReference.TryParse(name, out var reference))
        {
            var named = images.Where(i => i.Reference == reference).ToList();
            if (named.Count == 0 && reference.Digest is { } digest)
            {
                named = [.. images.Where(i => i.Reference?.Name == reference.Name && (i.Digest == digest || i.IndexDigest == digest || i.Id == digest.ToString()))];
            }

            if (named.Count > 0)
            {
                return named;
            }
        }

        const string prefix = "sha256:";
        bool explicitDigest = name.StartsWith(prefix, StringComparison.Ordinal);
        string hex = explicitDigest ? name[prefix.Length..] : name;
        if (hex.Length < MinIdPrefix || hex.Length > 64 || !hex.All(char.IsAsciiHexDigit))
        {
            return [];
        }

        hex = hex.ToLowerInvariant();
        var byId = images.Where(i => i.Manifest.Config.Digest.Hex.StartsWith(hex, StringComparison.Ordinal)).ToList();
        return byId.Count > 0 || hex.Length < 64
            ? byId
            : [.. images.Where(i => i.Digest.Hex == hex || i.IndexDigest?.Hex == hex)];
    }

    internal Image Get(string name)
    {
        var found = Find(name);
        var ids = found.Select(static i => i.Id).Distinct().ToList();
        if (ids.Count > 1)
        {
            throw new ContainerToolsException("ImageAmbiguous", ErrorKind.InvalidArgument,
                $"'{name}' may be {string.Join(", ", found.Select(static i => i.Reference is null ? i.ShortId : $"{i} ({i.ShortId})").Take(5))}. Give more of the id, or the whole name.", name);
        }

        return found.Count > 0 ? found[0] : throw NotFound(name);
    }

    internal ContainerToolsException NotFound(string name)
    {
        var entries = content.ReadIndex().Manifests;
        if (ImageReference.TryParse(name, out var reference) && entries.Any(e => ImageAnnotations.Reference(e) == reference))
        {
            return new ContainerToolsException("ImageDamaged", ErrorKind.InvalidData,
                $"Image '{name}' is damaged: its manifest or configuration is missing from '{content.Directory}'. Pull or import it again.", name);
        }

        var names = entries.Select(ImageAnnotations.Reference).OfType<ImageReference>().Select(static r => r.Familiar).Distinct().ToList();
        var near = NearNames.Near(name, names).Take(4).ToList();
        string hint = names.Count == 0 ? "There are no images yet." : near.Count > 0 ? $"Did you mean {string.Join(", ", near)}?" : "It may have to be pulled or imported first.";
        return new ContainerToolsException("ImageNotFound", ErrorKind.NotFound, $"There is no image '{name}' here. {hint}", name);
    }

    /// <summary>Reads an entry of the index; null when it is no image, or its manifest or configuration is missing or damaged.</summary>
    internal Image? TryRead(Descriptor entry)
    {
        if (!MediaTypes.IsManifest(entry.MediaType))
        {
            return null;
        }

        if (!known.TryGetValue(entry.Digest, out var parsed))
        {
            try
            {
                if (content.TryRead(entry.Digest, RegistryClient.MaxManifestSize) is not { } manifestBytes
                    || JsonSerializer.Deserialize(manifestBytes, OciJson.Default.ImageManifest) is not { } manifest
                    || content.TryRead(manifest.Config.Digest, RegistryClient.MaxManifestSize) is not { } configBytes
                    || JsonSerializer.Deserialize(configBytes, OciJson.Default.ImageConfig) is not { } config)
                {
                    return null;
                }

                parsed = (manifest, config);
            }
            catch (Exception e) when (e is JsonException or ContainerToolsException { ErrorId: "ContentDamaged" })
            {
                return null;
            }

            known[entry.Digest] = parsed;
        }

        return new Image(entry, ImageAnnotations.Reference(entry), parsed.Manifest, parsed.Config);
    }

    /// <summary>
    /// Adds an image under a name. The name moves here from another image, which stays without a name. An image with a name loses its nameless entry.
    /// The caller holds the content lock.
    /// </summary>
    internal void Add(Descriptor entry)
    {
        var index = content.ReadIndex();
        var reference = ImageAnnotations.Reference(entry);
        var entries = new List<Descriptor>();
        foreach (var other in index.Manifests)
        {
            var name = ImageAnnotations.Reference(other);
            if (other.Digest == entry.Digest && (name is null || name == reference))
            {
                continue;
            }

            entries.Add(reference is not null && name == reference ? ImageAnnotations.Rename(other, null) : other);
        }

        if (reference is not null || !entries.Any(e => e.Digest == entry.Digest))
        {
            entries.Add(entry);
        }

        // An image that just lost its only name may have others.
        var named = entries.Where(static e => ImageAnnotations.Reference(e) is not null).Select(static e => e.Digest).ToHashSet();
        content.WriteIndex(index with { Manifests = [.. entries.Where(e => ImageAnnotations.Reference(e) is not null || !named.Contains(e.Digest))] });
    }

    /// <summary>Removes an image's entry under its name. The caller holds the content lock. Returns whether other entries name the image still.</summary>
    internal bool Remove(Image image)
    {
        var index = content.ReadIndex();
        var rest = index.Manifests.Where(e => e.Digest != image.Digest || ImageAnnotations.Reference(e) != image.Reference).ToList();
        if (rest.Count == index.Manifests.Count)
        {
            throw NotFound(image.ToString());
        }

        content.WriteIndex(index with { Manifests = rest });
        return rest.Any(e => TryRead(e)?.Id == image.Id);
    }
}
