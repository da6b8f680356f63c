using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Core.Tests.Images;

/// <summary>Pulling from docker-registry what skopeo put there.</summary>
public sealed class RealRegistryTests : IDisposable
{
    private readonly StoreFixture store = new();
    private readonly string layout;
    private readonly string source;

    public RealRegistryTests()
    {
        layout = Path.Combine(store.Scratch, "layout");
        source = new LayoutBuilder(layout)
            .AddLayer(TestImage.Tar(("etc/os-release", "ID=test\n"u8.ToArray()), ("big", TestImage.Noise("big", 3 << 20))))
            .AddLayer(TestImage.Tar(("upper", TestImage.Noise("upper", 100_000))))
            .Write("1");
    }

    public void Dispose() => store.Dispose();

    [Theory]
    [InlineData("oci")]
    [InlineData("v2s2")]
    public async Task PullsBothFormats(string format)
    {
        using var registry = new TestRegistry();
        string name = registry.Push(source, "team/test:1", format);
        var image = await store.PullAsync(ImageReference.Parse(name));
        var layers = store.Images.EnsureLayers(image, default);
        Assert.Equal("ID=test\n", File.ReadAllText(Path.Combine(layers[0].Path, "etc/os-release")));
        Assert.Equal(TestImage.Noise("upper", 100_000), File.ReadAllBytes(Path.Combine(layers[1].Path, "upper")));

        if (format == "oci")
        {
            // Other tools read the store. (They look for OCI manifests only.)
            var inspected = Tools.Skopeo("inspect", "--raw", $"oci:{store.Paths.Content}:{image.Reference}").Succeeded();
            Assert.Equal(image.Digest.ToString(), TestImage.DigestOf(System.Text.Encoding.UTF8.GetBytes(inspected.Output)));
        }

        foreach (var (exported, transport) in new[] { (ExportFormat.Oci, "oci-archive"), (ExportFormat.Docker, "docker-archive") })
        {
            string archive = Path.Combine(store.Scratch, $"{transport}.tar");
            await store.Images.ExportAsync([image], archive, exported, null, default);
            Assert.Contains(image.Layers[1].ToString(), Tools.Skopeo("inspect", "--config", $"{transport}:{archive}").Succeeded().Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task PullsZstd()
    {
        using var registry = new TestRegistry();
        string plain = new LayoutBuilder(Path.Combine(store.Scratch, "plain"))
            .AddLayer(TestImage.Tar(("a", TestImage.Noise("a", 3 << 20))), BlobCompression.None)
            .AddLayer(TestImage.Tar(("b", TestImage.Noise("b", 1000))), BlobCompression.None)
            .Write("1");
        Tools.Skopeo("copy", "--quiet", "--dest-tls-verify=false", "--dest-compress-format", "zstd", plain, $"docker://{registry.Reference("zstd:1")}").Succeeded();
        Assert.Contains("+zstd", Tools.Skopeo("inspect", "--raw", "--tls-verify=false", $"docker://{registry.Reference("zstd:1")}").Succeeded().Output, StringComparison.Ordinal);
        var image = await store.PullAsync(ImageReference.Parse(registry.Reference("zstd:1")));
        Assert.Equal(2, store.Images.EnsureLayers(image, default).Count);
    }

    [Fact]
    public async Task PullsWithALogin()
    {
        using var registry = new TestRegistry("user", "secret");
        Tools.Skopeo("copy", "--quiet", "--dest-tls-verify=false", "--dest-creds", "user:secret", source, $"docker://{registry.Reference("private:1")}").Succeeded();
        var reference = ImageReference.Parse(registry.Reference("private:1"));
        await store.FailAsync(reference, "RegistryAuthenticationFailed");
        await store.FailAsync(reference, "RegistryAuthenticationFailed", new RegistryCredential("user", "wrong"));
        Assert.Equal("1", (await store.PullAsync(reference, new RegistryCredential("user", "secret"))).Tag);
    }

    [Fact]
    public async Task RegistryThatLiesOnItsDiskIsCaught()
    {
        using var registry = new TestRegistry();
        string name = registry.Push(source, "team/test:1");
        string blob = Directory.EnumerateFiles(Path.Combine(registry.Storage, "docker/registry/v2/blobs"), "data", SearchOption.AllDirectories).MaxBy(static f => new FileInfo(f).Length)!;
        byte[] good = File.ReadAllBytes(blob);
        byte[] bad = [.. good];
        bad[bad.Length / 2] ^= 1;
        File.WriteAllBytes(blob, bad);
        await store.FailAsync(ImageReference.Parse(name), "LayerDigestMismatch");
        File.WriteAllBytes(blob, good[..(good.Length / 3)]);
        await store.FailAsync(ImageReference.Parse(name), "LayerTruncated");
        File.WriteAllBytes(blob, good);
        Assert.Equal("1", (await store.PullAsync(ImageReference.Parse(name))).Tag);
    }

    [Fact]
    public async Task SharedLayersAreFetchedOnce()
    {
        using var registry = new TestRegistry();
        string first = registry.Push(source, "team/test:1");
        string other = new LayoutBuilder(Path.Combine(store.Scratch, "other"))
            .AddLayer(TestImage.Tar(("etc/os-release", "ID=test\n"u8.ToArray()), ("big", TestImage.Noise("big", 3 << 20))))
            .AddLayer(TestImage.Tar(("other", TestImage.Noise("other", 100_000))))
            .Write("1");
        string second = registry.Push(other, "team/other:1");
        await store.PullAsync(ImageReference.Parse(first));
        await store.PullAsync(ImageReference.Parse(second));
        Assert.Equal(3, store.LayerKeys().Count);
        Assert.Equal(7, store.BlobFiles().Count);
    }
}
