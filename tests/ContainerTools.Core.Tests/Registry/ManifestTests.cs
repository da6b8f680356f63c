using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Oci;

namespace ContainerTools.Core.Tests.Registry;

/// <summary>What a registry may send for a manifest.</summary>
public sealed class ManifestTests : IDisposable
{
    private readonly FakeRegistry registry = new();
    private readonly StoreFixture store = new();

    public void Dispose()
    {
        registry.Dispose();
        store.Dispose();
    }

    [Theory]
    [InlineData("<html>hello</html>", "ManifestInvalid")]
    [InlineData("", "ManifestInvalid")]
    [InlineData("[]", "ManifestInvalid")]
    [InlineData("null", "ManifestInvalid")]
    [InlineData("{", "ManifestInvalid")]
    [InlineData("""{"schemaVersion":2}""", "ManifestTypeNotSupported")]
    [InlineData("""{"schemaVersion":2,"config":{},"manifests":[]}""", "ManifestInvalid")]
    [InlineData("""{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:zz","size":1},"layers":[]}""", "ManifestInvalid")]
    [InlineData("""{"schemaVersion":2,"config":null,"layers":[]}""", "ManifestInvalid")]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":null}""", "PlatformNotFound")]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[null]}""", "PlatformNotFound")]
    [InlineData("""{"schemaVersion":1,"name":"x","tag":"y","fsLayers":[],"history":[],"signatures":[]}""", "ManifestSchema1NotSupported")]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.acme.thing"}""", "ManifestTypeNotSupported")]
    public async Task WrongManifestIsOneClearError(string manifest, string errorId)
    {
        registry.AddManifest("x", "1", Encoding.UTF8.GetBytes(manifest), null);
        var error = await store.FailAsync(registry.Reference("x:1"), errorId);
        Assert.Contains($"{registry.Host}/x:1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NextPullWorksAfterABadOne()
    {
        registry.AddManifest("x", "1", "nonsense"u8.ToArray(), MediaTypes.OciManifest);
        await store.FailAsync(registry.Reference("x:1"), "ManifestInvalid");
        registry.Add("x", "1", TestImage.Create("a"));
        Assert.Equal("1", (await store.PullAsync(registry.Reference("x:1"))).Tag);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ManifestOf100MegabytesIsRefusedEarly(bool chunked)
    {
        long sent = 0;
        registry.Route("/v2/x/manifests/1", async context =>
        {
            context.Response.SendChunked = chunked;
            if (!chunked)
            {
                context.Response.ContentLength64 = 100 << 20;
            }

            byte[] block = new byte[64 << 10];
            block.AsSpan().Fill((byte)' ');
            for (; sent < 100 << 20; sent += block.Length)
            {
                await context.Response.OutputStream.WriteAsync(block);
            }

            context.Response.Close();
        });
        await store.FailAsync(registry.Reference("x:1"), "ManifestTooLarge");
        Assert.True(sent < 50 << 20, $"{sent} bytes were taken");
    }

    [Fact]
    public async Task ManifestOfAnotherDigestIsRefused()
    {
        var image = TestImage.Create("a");
        string other = TestImage.DigestOf("other"u8.ToArray());
        registry.Add("x", "1", image);
        registry.Route($"/v2/x/manifests/{other}", c => FakeRegistry.RespondAsync(c, 200, image.Manifest, MediaTypes.OciManifest));
        var error = await store.FailAsync(registry.Reference($"x@{other}"), "ManifestDigestMismatch");
        Assert.Contains(image.Digest, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ArtifactIsNoImage()
    {
        registry.AddManifest("x", "1", TestImage.Json(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.OciManifest,
            ["artifactType"] = "application/vnd.acme.signature",
            ["config"] = TestImage.Descriptor("application/vnd.oci.empty.v1+json", "{}"u8.ToArray()),
        }), MediaTypes.OciManifest);
        Assert.Contains("application/vnd.acme.signature", (await store.FailAsync(registry.Reference("x:1"), "ManifestTypeNotSupported")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownLayerTypeIsNamed()
    {
        var image = TestImage.Create("a").Finish(layerType: "application/vnd.acme.layer+rar");
        registry.Add("x", "1", image);
        Assert.Contains("+rar", (await store.FailAsync(registry.Reference("x:1"), "LayerTypeNotSupported")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownTagNamesTheOnesThereAre()
    {
        registry.Route("/v2/debian/tags/list", c => FakeRegistry.TextAsync(c, 200, """{"name":"debian","tags":["bullseye","bookworm"]}"""));
        var error = await store.FailAsync(registry.Reference("debian:bookwrm"), "RegistryImageNotFound");
        Assert.Contains("bookworm, bullseye", error.Message, StringComparison.Ordinal);
        Assert.Equal(Engine.ErrorKind.NotFound, error.Kind);
    }

    [Fact]
    public async Task UnknownRepositoryIsNotFound() => await store.FailAsync(registry.Reference("nothing:1"), "RegistryImageNotFound");

    [Fact]
    public async Task UnknownRegistryIsUnavailable()
    {
        int port;
        using (var gone = new FakeRegistry())
        {
            port = gone.Port;
        }

        var error = await store.FailAsync(ImageReference.Parse($"localhost:{port}/x"), "RegistryUnavailable");
        Assert.Contains($"localhost:{port}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigurationIsVerified()
    {
        var image = TestImage.Create("a");
        registry.Add("x", "1", image);
        byte[] other = [.. image.Config];
        other[^2] ^= 1;
        registry.AddBlob("x", image.Id, other);
        await store.FailAsync(registry.Reference("x:1"), "ImageConfigDigestMismatch");
    }

    [Fact]
    public async Task ConfigurationMustFitTheManifest()
    {
        var image = TestImage.Create("a", "b");
        image.Tars.RemoveAt(1);
        image.Finish();
        registry.Add("x", "1", image);
        await store.FailAsync(registry.Reference("x:1"), "ImageConfigInvalid");
    }

    [Fact]
    public async Task IndexIsResolvedByPlatform()
    {
        var here = TestImage.Create("a");
        var there = TestImage.Create("b").Finish(architecture: "s390x");
        var entries = new JsonArray();
        foreach (var (image, platform) in new[] { (there, "s390x"), (here, Platform.Current.Architecture) })
        {
            registry.Add("x", "unused", image);
            var descriptor = TestImage.Descriptor(MediaTypes.OciManifest, image.Manifest);
            descriptor["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = platform };
            entries.Add(descriptor);
        }

        byte[] index = TestImage.Json(new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciIndex, ["manifests"] = entries });
        registry.AddManifest("x", "1", index, MediaTypes.OciIndex);

        var pulled = await store.PullAsync(registry.Reference("x:1"));
        Assert.Equal(here.Id, pulled.Id);
        Assert.Equal(TestImage.DigestOf(index), pulled.IndexDigest.ToString());
        Assert.Equal(here.Digest, pulled.Digest.ToString());

        var other = await store.PullAsync(registry.Reference("x:1"), platform: Platform.Parse("linux/s390x"));
        Assert.Equal("s390x", other.Architecture);
        Assert.Equal(there.Id, store.Images.Get($"{registry.Host}/x:1").Id);

        var error = await Assert.ThrowsAsync<Engine.ContainerToolsException>(() => store.PullAsync(registry.Reference("x:1"), platform: Platform.Parse("linux/riscv64")));
        Assert.Equal("PlatformNotFound", error.ErrorId);
        Assert.Contains("linux/s390x", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IndexThatContainsItselfEnds()
    {
        // No document can name its own digest, but a registry can serve indexes without end.
        registry.Before = async context =>
        {
            if (!context.Request.Url!.AbsolutePath.Contains("/manifests/", StringComparison.Ordinal))
            {
                return false;
            }

            byte[] next = Deep(registry.Requests.Count(r => r.Path.Contains("/manifests/", StringComparison.Ordinal)) - 1);
            await FakeRegistry.RespondAsync(context, (int)HttpStatusCode.OK, next, MediaTypes.OciIndex);
            return true;
        };
        await store.FailAsync(registry.Reference("x:1"), "ManifestInvalid");

        static byte[] Deep(int level)
        {
            byte[] bytes = TestImage.Json(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray() });
            for (int i = 10; i > level; i--)
            {
                bytes = TestImage.Json(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(TestImage.Descriptor(MediaTypes.OciIndex, bytes)) });
            }

            return bytes;
        }
    }
}
