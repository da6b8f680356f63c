using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace ContainerTools.TestSupport;

/// <summary>
/// Writes an OCI image layout from layer tars and a config, byte for byte as told, also where that is wrong: the images that
/// tests of bad input need cannot be made by tools that check. Independent of the code under test.
/// </summary>
public sealed class LayoutBuilder
{
    public const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    public const string ConfigType = "application/vnd.oci.image.config.v1+json";
    public const string IndexType = "application/vnd.oci.image.index.v1+json";

    private readonly JsonArray _layers = [];
    private readonly JsonArray _diffIds = [];
    private readonly JsonArray _history = [];

    public LayoutBuilder(string directory)
    {
        Directory = directory;
        System.IO.Directory.CreateDirectory(Path.Combine(directory, "blobs/sha256"));
        File.WriteAllText(Path.Combine(directory, "oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
    }

    public string Directory { get; }

    public string Architecture { get; set; } = CurrentArchitecture;

    /// <summary>The "config" object of the image config: Entrypoint, Cmd, Env, User, ...</summary>
    public JsonObject Config { get; } = [];

    public static string CurrentArchitecture => System.Runtime.InteropServices.RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => throw new PlatformNotSupportedException(other.ToString()),
    };

    /// <summary>Adds a layer, lowest first.</summary>
    /// <param name="tar">The uncompressed tar, or anything else.</param>
    public LayoutBuilder AddLayer(byte[] tar, BlobCompression compression = BlobCompression.Gzip, string? diffId = null)
    {
        var blob = compression == BlobCompression.Gzip ? Compress(tar) : tar;
        return AddLayerBlob(blob, compression == BlobCompression.Gzip ? "application/vnd.oci.image.layer.v1.tar+gzip" : "application/vnd.oci.image.layer.v1.tar",
            diffId ?? DigestOf(tar));
    }

    /// <summary>Adds a layer from a tar file.</summary>
    public LayoutBuilder AddLayerFile(string tarFile, BlobCompression compression = BlobCompression.Gzip) => AddLayer(File.ReadAllBytes(tarFile), compression);

    /// <summary>Adds a layer exactly as given.</summary>
    public LayoutBuilder AddLayerBlob(byte[] blob, string mediaType, string diffId)
    {
        _layers.Add(Descriptor(mediaType, AddBlob(blob), blob.Length));
        _diffIds.Add(diffId);
        _history.Add(new JsonObject { ["created"] = "2024-01-01T00:00:00Z", ["created_by"] = $"layer {_layers.Count}" });
        return this;
    }

    /// <summary>Stores a blob and returns its digest.</summary>
    public string AddBlob(byte[] blob)
    {
        var digest = DigestOf(blob);
        File.WriteAllBytes(BlobPath(digest), blob);
        return digest;
    }

    public string BlobPath(string digest) => Path.Combine(Directory, "blobs/sha256", digest["sha256:".Length..]);

    /// <summary>Writes config and manifest, and names the manifest in index.json beside those that are there.</summary>
    /// <returns>The image's place for skopeo: "oci:DIRECTORY:TAG".</returns>
    public string Write(string tag)
    {
        var manifest = WriteManifest();
        manifest["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = tag };
        AddToIndex(manifest);
        return $"oci:{Directory}:{tag}";
    }

    /// <summary>Writes config and manifest, unnamed, and returns the manifest's descriptor with its platform.</summary>
    public JsonObject WriteManifest()
    {
        var config = AddJson(new JsonObject
        {
            ["created"] = "2024-01-01T00:00:00Z",
            ["architecture"] = Architecture,
            ["os"] = "linux",
            ["config"] = Config.DeepClone(),
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = _diffIds.DeepClone() },
            ["history"] = _history.DeepClone(),
        }, ConfigType);
        var manifest = AddJson(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = config,
            ["layers"] = _layers.DeepClone(),
        }, ManifestType);
        manifest["platform"] = new JsonObject { ["architecture"] = Architecture, ["os"] = "linux" };
        return manifest;
    }

    /// <summary>Names an image index of several platforms' manifests.</summary>
    public string WriteIndex(string tag, params JsonObject[] manifests)
    {
        var index = AddJson(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = IndexType,
            ["manifests"] = new JsonArray([.. manifests.Select(manifest => (JsonNode)manifest.DeepClone())]),
        }, IndexType);
        index["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = tag };
        AddToIndex(index);
        return $"oci:{Directory}:{tag}";
    }

    public static string DigestOf(byte[] data) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(data))}";

    public static byte[] Compress(byte[] data)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest))
        {
            gzip.Write(data);
        }
        return memory.ToArray();
    }

    private JsonObject AddJson(JsonObject json, string mediaType)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());
        return Descriptor(mediaType, AddBlob(bytes), bytes.Length);
    }

    private void AddToIndex(JsonObject descriptor)
    {
        var path = Path.Combine(Directory, "index.json");
        var index = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsObject() : new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray() };
        index["manifests"]!.AsArray().Add(descriptor.DeepClone());
        File.WriteAllText(path, index.ToJsonString());
    }

    private static JsonObject Descriptor(string mediaType, string digest, long size) => new()
    {
        ["mediaType"] = mediaType,
        ["digest"] = digest,
        ["size"] = size,
    };
}
