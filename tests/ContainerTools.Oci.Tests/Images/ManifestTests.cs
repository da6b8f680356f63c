using System.Text.Json;

namespace ContainerTools.Oci.Tests.Images;

public class ManifestTests
{
    private const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Fact]
    public void ReadsIndexWithPlatforms()
    {
        var index = JsonSerializer.Deserialize(
            $$$"""{"schemaVersion":2,"mediaType":"{{{MediaTypes.OciIndex}}}","manifests":[{"mediaType":"{{{MediaTypes.OciManifest}}}","digest":"{{{Digest}}}","size":7,"platform":{"os":"linux","architecture":"arm","variant":"v7","os.version":"1"}}]}""",
            OciJson.Default.ImageIndex)!;
        var entry = Assert.Single(index.Manifests);
        Assert.Equal("linux/arm/v7", entry.Platform!.ToString());
        Assert.Equal("1", entry.Platform.OsVersion);
        Assert.Equal(7, entry.Size);
    }

    [Theory]
    [InlineData("""{"schemaVersion":2,"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":{"mediaType":"x","size":1}}""")]
    [InlineData("""{"schemaVersion":"2","config":{"mediaType":"x","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":1}}""")]
    [InlineData("""{"schemaVersion":2,"config":{"mediaType":"x","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":1e40}}""")]
    public void ManifestWithoutUsableConfigIsInvalid(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, OciJson.Default.ImageManifest));

    [Fact]
    public void NullLayersAreNone()
    {
        var manifest = JsonSerializer.Deserialize(
            $$"""{"schemaVersion":2,"config":{"mediaType":"x","digest":"{{Digest}}","size":1},"layers":null}""", OciJson.Default.ImageManifest)!;
        Assert.Empty(manifest.Layers);
    }

    [Theory]
    [InlineData(MediaTypes.OciLayer, LayerCompression.None)]
    [InlineData(MediaTypes.DockerLayerGzip, LayerCompression.Gzip)]
    [InlineData(MediaTypes.OciLayerZstd, LayerCompression.Zstd)]
    [InlineData("application/octet-stream", null)]
    [InlineData(null, null)]
    public void KnowsLayerTypes(string? type, LayerCompression? compression) => Assert.Equal(compression, MediaTypes.CompressionOf(type));
}
