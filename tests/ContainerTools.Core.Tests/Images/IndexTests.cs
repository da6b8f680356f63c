using System.Text;
using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Engine;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Core.Tests.Images;

/// <summary>Indexes: pushed of several images, and copied from registry to registry.</summary>
public sealed class IndexTests : IDisposable
{
    private static readonly string other = Platform.Current.Architecture == "arm64" ? "amd64" : "arm64";

    private readonly StoreFixture store = new();
    private readonly TestRegistry registry = new();
    private readonly Image here;
    private readonly Image there;

    public IndexTests()
    {
        using var from = new FakeRegistry();
        here = store.PullAsync(from.Add("here", "1", TestImage.Create(200_000, "shared", "a"))).GetAwaiter().GetResult();
        there = store.PullAsync(from.Add("there", "1", TestImage.Create(200_000, "shared", "b").Finish(architecture: other)), platform: Platform.Parse($"linux/{other}")).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        registry.Dispose();
        store.Dispose();
    }

    [Fact]
    public async Task SeveralImagesArePushedAsOne()
    {
        var reference = ImageReference.Parse(registry.Reference("team/app:1"));
        var pushed = await store.Images.PushIndexAsync([here, there], reference, new PushOptions(), null, default);
        Assert.Equal(MediaTypes.OciIndex, pushed.MediaType);
        Assert.Equal(here.DownloadSize + there.DownloadSize - here.Manifest.Layers[0].Size, pushed.SentSize);
        Assert.Equal(pushed.Digest.ToString(), TestImage.DigestOf(Encoding.UTF8.GetBytes(Raw(reference))));
        Tools.Skopeo("copy", "--quiet", "--all", "--src-tls-verify=false", $"docker://{reference}", $"oci:{Path.Combine(store.Scratch, "copy")}:1").Succeeded();

        // Each platform gets its own.
        Assert.Equal(here.Id, (await store.PullAsync(reference)).Id);
        Assert.Equal(there.Id, (await store.PullAsync(reference, platform: Platform.Parse($"linux/{other}"))).Id);
        var again = await store.Images.PushIndexAsync([here, there], reference, new PushOptions(), null, default);
        Assert.Equal((pushed.Digest, 0), (again.Digest, again.SentSize));

        var second = await PullOtherAsync();
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => store.Images.PushIndexAsync([here, second], reference, new PushOptions(), null, default));
        Assert.Equal("IndexPlatformTwice", error.ErrorId);
        error = await Assert.ThrowsAsync<ContainerToolsException>(() => store.Images.PushIndexAsync([here], reference.WithDigest(here.Digest), new PushOptions(), null, default));
        Assert.Equal("IndexNeedsTag", error.ErrorId);
    }

    [Fact]
    public async Task AnIndexIsCopiedWithAllItHas()
    {
        var source = ImageReference.Parse(registry.Reference("team/app:1"));
        var index = await store.Images.PushIndexAsync([here, there], source, new PushOptions(), null, default);
        using var target = new TestRegistry("user", "secret");
        var credential = new RegistryCredential("user", "secret");
        var destination = ImageReference.Parse(target.Reference("mirror/app:1"));
        var copier = new ImageCopier(new ImageStoreOptions { Registry = StoreFixture.Impatient });

        var copied = await copier.CopyAsync(source, destination, new CopyOptions { Credential = credential }, null, default);
        Assert.Equal((index.Digest, index.SentSize, index.SentSize), (copied.Digest, copied.Size, copied.SentSize));
        Tools.Skopeo("copy", "--quiet", "--all", "--src-tls-verify=false", "--src-creds", "user:secret", $"docker://{destination}", $"oci:{Path.Combine(store.Scratch, "copy")}:1").Succeeded();

        // Within a registry nothing is sent; and one platform alone is its image.
        var mounted = await copier.CopyAsync(source, ImageReference.Parse(registry.Reference("second/app:1")), new CopyOptions(), null, default);
        Assert.Equal((0, mounted.Size), (mounted.SentSize, mounted.MountedSize));
        var single = await copier.CopyAsync(source, ImageReference.Parse(registry.Reference("third/app:1")), new CopyOptions { Platform = Platform.Parse($"linux/{other}") }, null, default);
        Assert.Equal(there.Digest, single.Digest);

        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => copier.CopyAsync(source, ImageReference.Parse(target.Reference("no:1")), new CopyOptions(), null, default));
        Assert.Equal("RegistryAuthenticationFailed", error.ErrorId);
        error = await Assert.ThrowsAsync<ContainerToolsException>(
            () => copier.CopyAsync(ImageReference.Parse(registry.Reference("no/such:1")), destination, new CopyOptions(), null, default));
        Assert.Equal("RegistryImageNotFound", error.ErrorId);
    }

    [Fact]
    public async Task ACopySurvivesBreaksOnBothSides()
    {
        using var big = new FakeRegistry();
        var image = TestImage.Create(3 << 20, "big");
        var source = big.Add("x", "1", image);
        int breaks = 0;
        string digest = TestImage.DigestOf(image.Layers[0]);
        big.Route($"/v2/x/blobs/{digest}", c => breaks++ < 2
            ? FakeRegistry.BreakAsync(c, image.Layers[0], FakeRegistry.RangeStart(c), 500_000)
            : FakeRegistry.BreakAsync(c, image.Layers[0], FakeRegistry.RangeStart(c), image.Layers[0].Length - FakeRegistry.RangeStart(c)));
        using var proxy = new CuttingProxy(registry.Port, 1_000_000);
        var copier = new ImageCopier(new ImageStoreOptions { Registry = StoreFixture.Impatient });
        var copied = await copier.CopyAsync(source, ImageReference.Parse($"localhost:{proxy.Port}/cut:1"), new CopyOptions(), null, default);
        Assert.Equal(1, proxy.Cuts);
        Assert.True(breaks > 2);
        Assert.Equal(image.Digest, TestImage.DigestOf(Encoding.UTF8.GetBytes(Raw(ImageReference.Parse(registry.Reference($"cut@{copied.Digest}"))))));
    }

    [Fact]
    public async Task ASourceThatLiesIsFoundOut()
    {
        using var liar = new FakeRegistry();
        var image = TestImage.Create(1000, "a");
        var source = liar.Add("x", "1", image);
        byte[] wrong = [.. image.Layers[0]];
        wrong[100] ^= 1;
        liar.AddBlob("x", TestImage.DigestOf(image.Layers[0]), wrong);
        var copier = new ImageCopier(new ImageStoreOptions { Registry = StoreFixture.Impatient });
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => copier.CopyAsync(source, ImageReference.Parse(registry.Reference("x:1")), new CopyOptions(), null, default));
        Assert.Equal("ContentDamaged", error.ErrorId);
        Assert.Contains(liar.Host, error.Message, StringComparison.Ordinal);
    }

    private static string Raw(ImageReference reference) => Tools.Skopeo("inspect", "--raw", "--tls-verify=false", $"docker://{reference}").Succeeded().Output;

    private async Task<Image> PullOtherAsync()
    {
        using var from = new FakeRegistry();
        return await store.PullAsync(from.Add("second", "1", TestImage.Create("c")));
    }
}
