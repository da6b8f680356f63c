using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ContainerTools.Oci;

namespace ContainerTools.Core.Tests.Support;

/// <summary>An image in memory. Every part may be replaced by something wrong.</summary>
public sealed class TestImage
{
    public byte[] Config { get; set; } = [];

    public byte[] Manifest { get; set; } = [];

    public string ManifestType { get; set; } = MediaTypes.OciManifest;

    public List<byte[]> Layers { get; } = [];

    public List<byte[]> Tars { get; } = [];

    public string Id => DigestOf(Config);

    public string Digest => DigestOf(Manifest);

    /// <summary>An image of layers with one file each: its name is given, its content random but the same each time.</summary>
    public static TestImage Create(params string[] files) => Create(1000, files);

    public static TestImage Create(int fileSize, params string[] files) =>
        FromTars([.. files.Select(f => Tar((f, Noise(f, fileSize))))]);

    public static TestImage FromTars(params byte[][] tars)
    {
        var image = new TestImage();
        foreach (byte[] tar in tars)
        {
            image.Tars.Add(tar);
            image.Layers.Add(Gzip(tar));
        }

        image.Finish();
        return image;
    }

    /// <summary>Writes configuration and manifest for the layers as they are now.</summary>
    public TestImage Finish(string? diffId = null, string layerType = MediaTypes.OciLayerGzip, string architecture = "", string command = "/bin/true")
    {
        string arch = architecture.Length > 0 ? architecture : Platform.Current.Architecture;
        Config = Json(new JsonObject
        {
            ["architecture"] = arch,
            ["os"] = "linux",
            ["created"] = "2024-01-02T03:04:05Z",
            ["config"] = new JsonObject { ["Cmd"] = new JsonArray(command), ["Labels"] = new JsonObject { ["made"] = "here" } },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray([.. Tars.Select(t => (JsonNode)(diffId ?? DigestOf(t)))]) },
        });
        Manifest = Json(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = Descriptor(MediaTypes.OciConfig, Config),
            ["layers"] = new JsonArray([.. Layers.Select(l => (JsonNode)Descriptor(layerType, l))]),
        });
        return this;
    }

    public static JsonObject Descriptor(string type, byte[] data) => new() { ["mediaType"] = type, ["digest"] = DigestOf(data), ["size"] = data.Length };

    public static byte[] Json(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    public static string DigestOf(byte[] data) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(data));

    public static byte[] Tar(params (string Name, byte[] Data)[] files)
    {
        using var memory = new MemoryStream();
        using (var writer = new TarWriter(memory, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, data) in files)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(data), ModificationTime = DateTimeOffset.UnixEpoch });
            }
        }

        return memory.ToArray();
    }

    public static byte[] Gzip(byte[] data)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest))
        {
            gzip.Write(data);
        }

        return memory.ToArray();
    }

    /// <summary>Bytes that do not compress, the same for the same seed.</summary>
    public static byte[] Noise(string seed, int length)
    {
        byte[] data = new byte[length];
        byte[] block = Encoding.UTF8.GetBytes(seed);
        for (int i = 0; i < length; i += block.Length)
        {
            block = SHA256.HashData(block);
            block.AsSpan(0, Math.Min(block.Length, length - i)).CopyTo(data.AsSpan(i));
        }

        return data;
    }
}
