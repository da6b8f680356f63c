using ContainerTools.Core.Content;
using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build.Sources;

/// <summary>An image in an OCI image layout on disk (image-spec, image-layout.md): <c>oci-layout://DIRECTORY[:TAG][@DIGEST]</c>.</summary>
internal static class LayoutImage
{
    /// <summary>What such a name begins with.</summary>
    internal const string Scheme = "oci-layout://";

    private const string IndexName = "index.json";
    private const int MaxDepth = 3;

    /// <summary>Finds the image.</summary>
    /// <param name="name">The directory with tag and digest, without the scheme.</param>
    /// <param name="platform">Which image of an index to take.</param>
    /// <returns>The image, and the directory of its blobs.</returns>
    /// <exception cref="BuildProblemException">The directory is no layout, or has no such image.</exception>
    /// <exception cref="Engine.ContainerToolsException">What it has is damaged, or for other platforms.</exception>
    internal static (Image Image, string Blobs) Read(string name, Platform platform)
    {
        Digest wanted = default;
        string? tag = null;
        string directory = name;
        if (name.LastIndexOf('@') is >= 0 and var at && Digest.TryParse(name[(at + 1)..], out wanted))
        {
            directory = name[..at];
        }

        if (!Directory.Exists(directory) && directory.LastIndexOf(':') is > 0 and var colon)
        {
            (directory, tag) = (directory[..colon], directory[(colon + 1)..]);
        }

        if (!File.Exists(Path.Combine(directory, IndexName)))
        {
            throw new BuildProblemException("BuildLayoutNotFound", $"'{directory}' is no OCI image layout: it has no {IndexName}");
        }

        string what = $"The image '{name}' could not be read", blobs = Path.Combine(directory, "blobs");
        var entries = ManifestReader.ReadIndex(File.ReadAllBytes(Path.Combine(directory, IndexName)), what, name).Manifests.Where(static m => m is not null).ToList();
        var entry = !wanted.IsEmpty ? entries.Find(m => m.Digest == wanted) ?? new Descriptor { Digest = wanted }
            : tag is not null ? entries.Find(m => m.Annotations is { } a && a.TryGetValue(ImageLayout.RefNameAnnotation, out string? r) && (r == tag || r.EndsWith(":" + tag, StringComparison.Ordinal)))
            : entries.Count == 1 ? entries[0] : entries.Find(static m => m.Annotations is { } a && a.TryGetValue(ImageLayout.RefNameAnnotation, out string? r) && (r == "latest" || r.EndsWith(":latest", StringComparison.Ordinal)));
        if (entry is null)
        {
            throw new BuildProblemException("BuildLayoutImageNotFound", $"the OCI image layout '{directory}' has no image '{tag ?? "latest"}', but {entries.Count} others: add :TAG or @DIGEST");
        }

        byte[] bytes = ReadBlob(blobs, entry.Digest, what);
        string type = ManifestReader.DetermineType(bytes, entry.MediaType, what, name);
        for (int depth = 0; MediaTypes.IsIndex(type) && depth < MaxDepth; depth++)
        {
            entry = ManifestReader.Select(ManifestReader.ReadIndex(bytes, what, name), platform, what, name);
            bytes = ReadBlob(blobs, entry.Digest, what);
            type = ManifestReader.DetermineType(bytes, entry.MediaType, what, name);
        }

        var manifest = ManifestReader.ReadManifest(bytes, what, name);
        var config = ManifestReader.ReadConfig(ReadBlob(blobs, manifest.Config.Digest, what), manifest, what, name);
        var descriptor = new Descriptor { MediaType = type, Digest = entry.Digest, Size = bytes.Length };
        return (new Image(ImageAnnotations.Describe(descriptor, null, config, 0, null), null, manifest, config), blobs);
    }

    /// <summary>The file of a blob.</summary>
    internal static string PathOf(string blobs, Digest digest) => Path.Combine(blobs, digest.Algorithm, digest.Hex);

    private static byte[] ReadBlob(string blobs, Digest digest, string what)
    {
        string path = PathOf(blobs, digest);
        if (!File.Exists(path) || new FileInfo(path).Length > RegistryClient.MaxManifestSize)
        {
            throw new BuildProblemException("BuildLayoutDamaged", $"{char.ToLowerInvariant(what[0])}{what[1..]}: its blob {digest.ShortHex} is missing or too large");
        }

        byte[] bytes = File.ReadAllBytes(path);
        return Hashing.Matches(bytes, digest) ? bytes
            : throw new BuildProblemException("BuildLayoutDamaged", $"{char.ToLowerInvariant(what[0])}{what[1..]}: its blob {digest.ShortHex} does not have this digest");
    }
}
