using ContainerTools.Core.Registry;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Archives;

/// <summary>Finds the images of an OCI image layout (image-spec, image-layout.md) in an archive.</summary>
internal static class OciArchiveReader
{
    private const string IndexName = "index.json";
    private const string ContainerdNameAnnotation = "io.containerd.image.name";
    private const int MaxDepth = 3;

    internal static bool Recognizes(ArchiveContents archive) => archive.Find(IndexName) is not null;

    internal static IReadOnlyList<ArchivedImage> Read(ArchiveContents archive, Platform platform, IReadOnlyDictionary<Digest, IReadOnlyList<ImageReference>> dockerNames)
    {
        string what = $"'{archive.Path}' could not be imported";
        byte[] bytes = archive.Find(IndexName)?.Bytes ?? throw new ContainerToolsException("ArchiveInvalid", ErrorKind.InvalidData, $"{what}: its {IndexName} is too large.", archive.Path);
        var images = new List<ArchivedImage>();
        foreach (var entry in ManifestReader.ReadIndex(bytes, what, archive.Path).Manifests)
        {
            if (entry is null || (!MediaTypes.IsManifest(entry.MediaType) && !MediaTypes.IsIndex(entry.MediaType)))
            {
                continue;
            }

            var (descriptor, indexDigest) = Resolve(archive, entry, platform, what);
            byte[] manifestBytes = archive.Read(descriptor.Digest, RegistryClient.MaxManifestSize) ?? throw Lacks(archive, "manifest", descriptor);
            var manifest = ManifestReader.ReadManifest(manifestBytes, what, archive.Path);
            byte[] configBytes = archive.Read(manifest.Config.Digest, RegistryClient.MaxManifestSize) ?? throw Lacks(archive, "configuration", manifest.Config);
            var config = ManifestReader.ReadConfig(configBytes, manifest, what, archive.Path);
            if (manifest.Layers.FirstOrDefault(l => !archive.Has(l)) is { } missing)
            {
                throw Lacks(archive, "layer", missing);
            }

            var names = NamesOf(entry);
            images.Add(new ArchivedImage(
                manifestBytes, new Descriptor { MediaType = descriptor.MediaType, Digest = descriptor.Digest, Size = manifestBytes.Length }, manifest, configBytes, config, indexDigest,
                names.Count > 0 ? names : dockerNames.GetValueOrDefault(manifest.Config.Digest) ?? []));
        }

        return images;
    }

    private static (Descriptor Manifest, Digest? Index) Resolve(ArchiveContents archive, Descriptor entry, Platform platform, string what)
    {
        Digest? index = null;
        for (int depth = 0; MediaTypes.IsIndex(entry.MediaType); depth++)
        {
            if (depth == MaxDepth)
            {
                throw new ContainerToolsException("ManifestInvalid", ErrorKind.InvalidData, $"{what}: its indexes are nested more than {MaxDepth} deep.", archive.Path);
            }

            index ??= entry.Digest;
            byte[] bytes = archive.Read(entry.Digest, RegistryClient.MaxManifestSize) ?? throw Lacks(archive, "index", entry);
            var parsed = ManifestReader.ReadIndex(bytes, what, archive.Path);

            // An archive may hold some of an index's images only.
            var present = parsed with { Manifests = [.. parsed.Manifests.Where(m => m is not null && archive.Has(m))] };
            entry = ManifestReader.Select(present, platform, what, archive.Path);
        }

        return (entry, index);
    }

    // A plain word is a tag without a repository: it names nothing by itself.
    private static List<ImageReference> NamesOf(Descriptor entry)
    {
        foreach (string key in (string[])[ContainerdNameAnnotation, ImageLayout.RefNameAnnotation])
        {
            if (entry.Annotations?.GetValueOrDefault(key) is { } text && text.AsSpan().ContainsAny('/', ':') && ImageReference.TryParse(text, out var name) && name.Digest is null)
            {
                return [name];
            }
        }

        return [];
    }

    private static ContainerToolsException Lacks(ArchiveContents archive, string part, Descriptor descriptor) =>
        new("ArchiveIncomplete", ErrorKind.InvalidData, $"'{archive.Path}' lacks the {part} {descriptor.Digest} that its image names. Nothing was imported.", archive.Path);
}
