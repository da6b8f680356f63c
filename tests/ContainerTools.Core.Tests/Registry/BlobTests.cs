using ContainerTools.Core.Registry;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Oci;

namespace ContainerTools.Core.Tests.Registry;

/// <summary>What may happen to a layer on its way.</summary>
public sealed class BlobTests : IDisposable
{
    private const int FileSize = 2 << 20;

    private readonly FakeRegistry registry = new();
    private readonly StoreFixture store = new();
    private readonly TestImage image = TestImage.Create(FileSize, "a");
    private readonly string path;

    public BlobTests()
    {
        registry.Add("x", "1", image);
        path = $"/v2/x/blobs/{TestImage.DigestOf(image.Layers[0])}";
    }

    private byte[] Layer => image.Layers[0];

    public void Dispose()
    {
        registry.Dispose();
        store.Dispose();
    }

    [Fact]
    public async Task WholeLayerArrives()
    {
        var pulled = await store.PullAsync(registry.Reference("x:1"));
        Assert.Equal(image.Id, pulled.Id);
        Assert.Equal(image.Config.Length + Layer.Length, pulled.DownloadSize);
        Assert.Equal([TestImage.DigestOf(image.Tars[0])], pulled.Layers.Select(l => l.ToString()));
        Assert.Single(store.Images.EnsureLayers(pulled, default));
        store.AssertNothingHalfDone();
    }

    [Fact]
    public async Task OtherContentIsRefused()
    {
        byte[] other = TestImage.Gzip(TestImage.Tar(("evil", TestImage.Noise("evil", FileSize))));
        registry.AddBlob("x", TestImage.DigestOf(Layer), [.. other, .. new byte[Math.Max(0, Layer.Length - other.Length)]]);
        Assert.Contains(TestImage.DigestOf(Layer), (await store.FailAsync(registry.Reference("x:1"), other.Length > Layer.Length ? "LayerSizeMismatch" : "LayerDigestMismatch")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(100_000)]
    [InlineData(FileSize - 10)]
    public async Task OneWrongBitIsFound(int position)
    {
        byte[] other = [.. Layer];
        other[position] ^= 4;
        registry.AddBlob("x", TestImage.DigestOf(Layer), other);
        await store.FailAsync(registry.Reference("x:1"), "LayerDigestMismatch");
    }

    [Fact]
    public async Task CutLayerIsRefused()
    {
        registry.AddBlob("x", TestImage.DigestOf(Layer), Layer[..(FileSize / 2)]);
        registry.Before = async context =>
        {
            if (FakeRegistry.RangeStart(context) < FileSize / 2)
            {
                return false;
            }

            await FakeRegistry.TextAsync(context, 416, "");
            return true;
        };
        await store.FailAsync(registry.Reference("x:1"), "LayerTruncated");
    }

    [Fact]
    public async Task CutLayerOfARegistryWithoutRangeIsRefused()
    {
        registry.Route(path, c => FakeRegistry.RespondAsync(c, 200, Layer[..(FileSize / 2)], null));
        await store.FailAsync(registry.Reference("x:1"), "LayerTruncated");
    }

    [Fact]
    public async Task LongerLayerIsRefused()
    {
        registry.Route(path, c => FakeRegistry.RespondAsync(c, 200, [.. Layer, 0], null));
        await store.FailAsync(registry.Reference("x:1"), "LayerSizeMismatch");
    }

    [Fact]
    public async Task BrokenDownloadResumesByRange()
    {
        int[] breaks = [300_000, 500_000, 1_500_000];
        int attempt = 0;
        registry.Route(path, context =>
        {
            int start = FakeRegistry.RangeStart(context);
            int i = attempt++;
            if (i < breaks.Length)
            {
                return FakeRegistry.BreakAsync(context, Layer, start, breaks[i] - start);
            }

            context.Response.Headers["Content-Range"] = $"bytes {start}-{Layer.Length - 1}/{Layer.Length}";
            return FakeRegistry.RespondAsync(context, 206, Layer[start..], null);
        });
        Assert.Equal(image.Id, (await store.PullAsync(registry.Reference("x:1"))).Id);
        var ranges = registry.Requests.Where(r => r.Path == path).Select(r => r.Range).ToList();
        Assert.Equal(4, ranges.Count);
        Assert.Null(ranges[0]);
        Assert.All(ranges[1..], r => Assert.StartsWith("bytes=", r, StringComparison.Ordinal));
    }

    [Fact]
    public async Task BrokenDownloadWithoutRangeIsReadAgain()
    {
        int attempt = 0;
        registry.Route(path, context => attempt++ == 0
            ? FakeRegistry.BreakAsync(context, Layer, 0, FileSize / 2)
            : FakeRegistry.RespondAsync(context, 200, Layer, null));
        Assert.Equal(image.Id, (await store.PullAsync(registry.Reference("x:1"))).Id);
    }

    [Fact]
    public async Task ConnectionThatAlwaysBreaksIsGivenUp()
    {
        registry.Route(path, context => FakeRegistry.BreakAsync(context, Layer, FakeRegistry.RangeStart(context), 10));
        await store.FailAsync(registry.Reference("x:1"), "RegistryUnavailable");
        Assert.InRange(registry.Count(path), 2, 10);
    }

    [Fact]
    public async Task SilenceEnds()
    {
        using var never = new ManualResetEventSlim();
        registry.Route(path, async context =>
        {
            context.Response.ContentLength64 = Layer.Length;
            await context.Response.OutputStream.WriteAsync(Layer.AsMemory(0, 1000));
            await context.Response.OutputStream.FlushAsync();
            await Task.Run(() => never.Wait(TimeSpan.FromSeconds(20)));
        });
        var options = new RegistryOptions { IdleTimeout = TimeSpan.FromMilliseconds(200), RetryCount = 1, RetryDelay = TimeSpan.FromMilliseconds(1) };
        await store.FailAsync(registry.Reference("x:1"), "RegistryTimeout", options: options);
        never.Set();
    }

    [Fact]
    public async Task MissingBlobIsNamed()
    {
        registry.Route(path, c => FakeRegistry.TextAsync(c, 404, "{}"));
        Assert.Contains(TestImage.DigestOf(Layer), (await store.FailAsync(registry.Reference("x:1"), "RegistryBlobNotFound")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TarOfAnotherDiffIdIsRefused()
    {
        image.Finish(diffId: TestImage.DigestOf("other"u8.ToArray()));
        registry.Add("x", "1", image);
        Assert.Contains("unpacks to", (await store.FailAsync(registry.Reference("x:1"), "LayerDiffIdMismatch")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsNotCompressedThoughItSaysSoIsRefused()
    {
        image.Layers[0] = TestImage.Noise("noise", 100_000);
        image.Finish();
        registry.Add("x", "1", image);
        await store.FailAsync(registry.Reference("x:1"), "LayerInvalid");
    }

    [Fact]
    public async Task CompressedDataCutBeforeItWasHashedIsRefused()
    {
        image.Layers[0] = Layer[..(Layer.Length / 2)];
        image.Finish();
        registry.Add("x", "1", image);
        var error = await Assert.ThrowsAnyAsync<Engine.ContainerToolsException>(() => store.PullAsync(registry.Reference("x:1")));
        Assert.Equal(Engine.ErrorKind.InvalidData, error.Kind);
        store.AssertNothingVisible();
    }

    [Fact]
    public async Task EmptyLayerBlobIsRefused()
    {
        image.Layers[0] = [];
        image.Finish();
        registry.Add("x", "1", image);
        await store.FailAsync(registry.Reference("x:1"), "LayerInvalid");
    }

    [Theory]
    [InlineData(MediaTypes.OciLayer)]
    [InlineData(MediaTypes.DockerLayer)]
    public async Task PlainLayersArrive(string type)
    {
        image.Layers[0] = image.Tars[0];
        image.Finish(layerType: type);
        registry.Add("x", "1", image);
        Assert.Equal(image.Id, (await store.PullAsync(registry.Reference("x:1"))).Id);
    }

    [Fact]
    public async Task ZstdLayersArrive()
    {
        using var compressor = new ZstdSharp.Compressor();
        image.Layers[0] = compressor.Wrap(image.Tars[0]).ToArray();
        image.Finish(layerType: MediaTypes.OciLayerZstd);
        registry.Add("x", "1", image);
        Assert.Equal(image.Id, (await store.PullAsync(registry.Reference("x:1"))).Id);

        image.Layers[0] = image.Layers[0][..^1000];
        image.Finish(layerType: MediaTypes.OciLayerZstd, command: "/other");
        registry.Add("y", "1", image);
        store.Images.Remove(store.Images.List()[0], false, default);
        await store.FailAsync(registry.Reference("y:1"), "LayerInvalid");
    }

    [Fact]
    public async Task LayerThatAnImageHasTwiceIsFetchedOnce()
    {
        var twice = TestImage.FromTars(image.Tars[0], TestImage.Create("b").Tars[0], image.Tars[0]);
        registry.Add("twice", "1", twice);
        var pulled = await store.PullAsync(registry.Reference("twice:1"));
        Assert.Equal(3, store.Images.EnsureLayers(pulled, default).Count);
        Assert.Equal(1, registry.Count($"/v2/twice/blobs/{TestImage.DigestOf(Layer)}"));
    }

    [Fact]
    public async Task CancellationLeavesNothingAndTheNextPullWorks()
    {
        using var cancel = new CancellationTokenSource();
        registry.Route(path, async context =>
        {
            context.Response.ContentLength64 = Layer.Length;
            await context.Response.OutputStream.WriteAsync(Layer.AsMemory(0, FileSize / 2));
            await context.Response.OutputStream.FlushAsync();
            await cancel.CancelAsync();
            await Task.Delay(200);
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.PullAsync(registry.Reference("x:1"), ct: cancel.Token));
        store.AssertNothingVisible();
        registry.Add("x", "1", image);
        Assert.Equal(image.Id, (await store.PullAsync(registry.Reference("x:1"))).Id);
    }

    [Fact]
    public async Task WhatIsHereIsNotFetchedAgain()
    {
        await store.PullAsync(registry.Reference("x:1"));
        int before = registry.Count("/blobs/");
        await store.PullAsync(registry.Reference("x:1"));
        Assert.Equal(before, registry.Count("/blobs/"));
    }

    [Fact]
    public async Task ProgressEndsWithDone()
    {
        var reports = new System.Collections.Concurrent.ConcurrentQueue<Core.Images.TransferProgress>();
        await store.Images.PullAsync(registry.Reference("x:1"), new(), new Collect(reports.Enqueue), default);
        string id = Digest.Parse(TestImage.DigestOf(Layer)).ShortHex;
        Assert.Equal(Core.Images.TransferPhase.Resolving, reports.First().Phase);
        Assert.Equal(Core.Images.TransferPhase.Done, reports.Last(r => r.Id == id).Phase);
        Assert.All(reports.Where(r => r.Id == id), r => Assert.True(r.Current <= r.Total && r.Total == Layer.Length));
    }

    private sealed class Collect(Action<Core.Images.TransferProgress> take) : IProgress<Core.Images.TransferProgress>
    {
        public void Report(Core.Images.TransferProgress value) => take(value);
    }
}
