using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Engine;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Core.Tests.Images;

/// <summary>Pushing to docker-registry, with skopeo reading what came of it.</summary>
public sealed class PushTests : IDisposable
{
    private readonly StoreFixture store = new();
    private readonly TestRegistry registry = new();
    private readonly string layout;
    private readonly string source;

    public PushTests()
    {
        layout = Path.Combine(store.Scratch, "layout");
        source = new LayoutBuilder(layout)
            .AddLayer(TestImage.Tar(("base", TestImage.Noise("base", 3 << 20))))
            .AddLayer(TestImage.Tar(("upper", TestImage.Noise("upper", 100_000))))
            .Write("1");
    }

    public void Dispose()
    {
        registry.Dispose();
        store.Dispose();
    }

    [Theory]
    [InlineData("oci", null)]
    [InlineData("v2s2", null)]
    [InlineData("oci", 1L << 20)]
    public async Task TheRegistrysCopyIsTheStores(string format, long? chunkSize)
    {
        using var target = new TestRegistry();
        var image = await store.PullAsync(ImageReference.Parse(registry.Push(source, "team/test:1", format)));
        string name = target.Reference("other/name:2");
        var reports = new List<TransferProgress>();
        var pushed = await store.Images.PushAsync(image, ImageReference.Parse(name), new PushOptions { ChunkSize = chunkSize }, new Recorder(reports), default);

        Assert.Equal(image.Digest, pushed.Digest);
        Assert.Equal(name, pushed.ToString());
        Assert.Equal(image.DownloadSize, pushed.SentSize);
        string raw = Tools.Skopeo("inspect", "--raw", "--tls-verify=false", $"docker://{name}").Succeeded().Output;
        Assert.Equal(image.Digest.ToString(), TestImage.DigestOf(System.Text.Encoding.UTF8.GetBytes(raw)));
        Tools.Skopeo("copy", "--quiet", "--src-tls-verify=false", $"docker://{name}", $"oci:{Path.Combine(store.Scratch, "copy")}:1").Succeeded();
        Assert.Equal(chunkSize is not null, target.ReadLog().Contains("PATCH", StringComparison.Ordinal));
        Assert.Contains(reports, r => r.Phase == TransferPhase.Uploading && r.Current == r.Total && r.Total > 3 << 20);
        Assert.Empty(Engine.Store.Lease.ActiveKeys(store.Paths));

        var again = await store.Images.PushAsync(image, ImageReference.Parse(name), new PushOptions(), null, default);
        Assert.Equal((0, image.Digest), (again.SentSize, again.Digest));
    }

    [Fact]
    public async Task WhatTheRegistryHasIsNotSent()
    {
        var first = await store.PullAsync(ImageReference.Parse(registry.Push(source, "team/test:1")));
        string other = new LayoutBuilder(Path.Combine(store.Scratch, "other"))
            .AddLayer(TestImage.Tar(("base", TestImage.Noise("base", 3 << 20))))
            .AddLayer(TestImage.Tar(("new", TestImage.Noise("new", 100_000))))
            .Write("1");
        using var elsewhere = new TestRegistry();
        var second = await store.PullAsync(ImageReference.Parse(elsewhere.Push(other, "x:1")));

        // The same repository has the base; another one lends it.
        foreach (string repository in (string[])["team/test:2", "team/mounted:2"])
        {
            var pushed = await store.Images.PushAsync(second, ImageReference.Parse(registry.Reference(repository)), new PushOptions(), null, default);
            long upper = second.DownloadSize - first.Manifest.Layers[0].Size;
            Assert.Equal(repository.Contains("mounted", StringComparison.Ordinal) ? first.Manifest.Layers[0].Size : 0, pushed.MountedSize);
            Assert.Equal(upper, pushed.SentSize);
            Assert.Contains(second.Layers[1].ToString(), Tools.Skopeo("inspect", "--config", "--tls-verify=false", $"docker://{pushed}").Succeeded().Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ABrokenConnectionIsSurvived()
    {
        var image = await store.PullAsync(ImageReference.Parse(registry.Push(source, "team/test:1")));
        using var target = new TestRegistry();
        foreach (long? chunkSize in (long?[])[null, 1 << 20])
        {
            using var proxy = new CuttingProxy(target.Port, 1_500_000, 700_000);
            var destination = ImageReference.Parse($"localhost:{proxy.Port}/cut:{chunkSize ?? 0}");
            var pushed = await store.Images.PushAsync(image, destination, new PushOptions { ChunkSize = chunkSize }, null, default);
            Assert.Equal(2, proxy.Cuts);
            Tools.Skopeo("inspect", "--tls-verify=false", $"docker://{target.Reference($"cut@{pushed.Digest}")}").Succeeded();
            Directory.Delete(target.Storage, recursive: true);
        }
    }

    [Fact]
    public async Task ALoginIsNeeded()
    {
        using var closed = new TestRegistry("user", "secret");
        var image = await store.PullAsync(ImageReference.Parse(registry.Push(source, "team/test:1")));
        var destination = ImageReference.Parse(closed.Reference("private:1"));
        Assert.Contains("Connect-ImageRegistry", (await FailAsync(image, destination, "RegistryAuthenticationFailed")).Message, StringComparison.Ordinal);
        var wrong = await FailAsync(image, destination, "RegistryAuthenticationFailed", new RegistryCredential("user", "wrong-word"));
        Assert.DoesNotContain("wrong-word", wrong.ToString(), StringComparison.Ordinal);
        await store.Images.PushAsync(image, destination, new PushOptions { Credential = new RegistryCredential("user", "secret") }, null, default);
        Tools.Skopeo("inspect", "--tls-verify=false", "--creds", "user:secret", $"docker://{destination}").Succeeded();
    }

    [Fact]
    public async Task ADamagedStoreIsNotPushed()
    {
        var image = await store.PullAsync(ImageReference.Parse(registry.Push(source, "team/test:1")));
        using var target = new TestRegistry();
        var destination = ImageReference.Parse(target.Reference("x:1"));
        string blob = Path.Combine(store.Paths.Content, "blobs/sha256", image.Manifest.Layers[0].Digest.Hex);
        byte[] data = File.ReadAllBytes(blob);
        data[data.Length / 2] ^= 1;
        File.WriteAllBytes(blob, data);
        await FailAsync(image, destination, "ContentDamaged");
        File.WriteAllBytes(blob, data[..1000]);
        await FailAsync(image, destination, "ContentDamaged");
        File.Delete(blob);
        await FailAsync(image, destination, "ImageContentMissing");
        Assert.False(Tools.Skopeo("inspect", "--tls-verify=false", $"docker://{destination}").ExitCode == 0);
    }

    [Fact]
    public async Task ADigestOfAnotherImageIsRefused()
    {
        var image = await store.PullAsync(ImageReference.Parse(registry.Push(source, "team/test:1")));
        await FailAsync(image, ImageReference.Parse(registry.Reference("x:1")).WithDigest(image.Manifest.Config.Digest), "PublishDigestMismatch");
        var pushed = await store.Images.PushAsync(image, ImageReference.Parse(registry.Reference("x:1")).WithDigest(image.Digest), new PushOptions(), null, default);
        Assert.Equal($"{registry.Host}/x@{image.Digest}", pushed.ToString());
        store.Images.Remove(image, false, default);
        await FailAsync(image, ImageReference.Parse(registry.Reference("x:1")), "ImageNotFound");
    }

    private async Task<ContainerToolsException> FailAsync(Image image, ImageReference destination, string errorId, RegistryCredential? credential = null)
    {
        var error = await Assert.ThrowsAsync<ContainerToolsException>(
            () => store.Images.PushAsync(image, destination, new PushOptions { Credential = credential }, null, default));
        Assert.True(errorId == error.ErrorId, $"{error.ErrorId}: {error.Message}\n{error.InnerException}");
        return error;
    }

    private sealed class Recorder(List<TransferProgress> reports) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value)
        {
            lock (reports)
            {
                reports.Add(value);
            }
        }
    }
}
