using ContainerTools.Core.Tests.Support;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Tests.Images;

/// <summary>Finding, naming and removing images.</summary>
public sealed class ImageStoreTests : IDisposable
{
    private readonly FakeRegistry registry = new();
    private readonly StoreFixture store = new();
    private readonly TestImage a = TestImage.Create("base", "a");
    private readonly TestImage b = TestImage.Create("base", "b");

    public ImageStoreTests()
    {
        registry.Add("team/a", "1", a);
        registry.Add("team/b", "1", b);
    }

    public void Dispose()
    {
        registry.Dispose();
        store.Dispose();
    }

    [Fact]
    public async Task ImageTellsWhatItIs()
    {
        var image = await PullAsync("team/a:1");
        Assert.Equal($"{registry.Host}/team/a", image.Repository);
        Assert.Equal("1", image.Tag);
        Assert.Equal(a.Id, image.Id);
        Assert.Equal(a.Id["sha256:".Length..][..12], image.ShortId);
        Assert.Equal("linux", image.Os);
        Assert.Equal(Platform.Current.Architecture, image.Architecture);
        Assert.Equal(new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.Zero), image.Created);
        Assert.Equal("here", image.Labels["made"]);
        Assert.Equal(2000, image.Size);
        Assert.Equal(2, image.Layers.Count);
        Assert.Equal(["/bin/true"], image.Config.Config.Cmd);
        Assert.Equal($"{registry.Host}/team/a:1", image.ToString());
    }

    [Fact]
    public async Task NoPropertyIsNamedLikeAParameterOfNewContainer()
    {
        await Task.CompletedTask;
        string[] parameters =
        [
            "Image", "Command", "Name", "Entrypoint", "Environment", "EnvironmentFile", "WorkingDirectory", "User", "GroupAdd", "HostName", "Volume", "Mount", "TmpFs", "ShmSize",
            "Publish", "Network", "IPAddress", "MacAddress", "NetworkAlias", "Memory", "Cpus", "ReadOnly", "Privileged", "Label", "Annotation", "Interactive", "Terminal", "Init", "StopSignal", "StopTimeout", "Runtime", "Platform",
        ];
        Assert.Empty(typeof(Image).GetProperties().Select(static p => p.Name).Intersect(parameters));
    }

    [Fact]
    public async Task FindsByNameIdDigestAndWildcard()
    {
        var first = await PullAsync("team/a:1");
        var second = await PullAsync("team/b:1");
        string name = $"{registry.Host}/team/a";
        Assert.Equal(2, store.Images.List().Count);
        Assert.Equal(first.Id, store.Images.Get(name + ":1").Id);
        Assert.Equal(first.Id, store.Images.Get(first.Id).Id);
        Assert.Equal(first.Id, store.Images.Get(first.ShortId).Id);
        Assert.Equal(first.Id, store.Images.Get(first.ShortId.ToUpperInvariant()[..6]).Id);
        Assert.Equal(first.Id, store.Images.Get(first.Digest.ToString()).Id);
        Assert.Equal(first.Id, store.Images.Get($"{name}@{first.Digest}").Id);
        Assert.Equal(2, store.Images.Find("*").Count);
        Assert.Equal(2, store.Images.Find("*team*").Count);
        Assert.Equal(second.Id, Assert.Single(store.Images.Find("*/team/[b-z]:?")).Id);
        Assert.Equal(2, store.Images.Find("LOCALHOST*").Count);
        Assert.Empty(store.Images.Find("*x"));
        Assert.Empty(store.Images.Find(name));
        Assert.Empty(store.Images.Find("zz"));
        Assert.Empty(store.Images.Find("a/../b"));
    }

    [Fact]
    public async Task UnknownImageIsNotFoundAndNearNamesAreNamed()
    {
        Assert.Contains("no images yet", Throws("ImageNotFound", () => store.Images.Get("debian")).Message, StringComparison.Ordinal);
        await PullAsync("team/a:1");
        store.Images.Tag(store.Images.List()[0], ImageReference.Parse("debian:bookworm"));
        var error = Throws("ImageNotFound", () => store.Images.Get("debian:bokworm"));
        Assert.Contains("debian:bookworm", error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.NotFound, error.Kind);
    }

    [Fact]
    public async Task SharedPrefixIsAmbiguous()
    {
        await PullAsync("team/a:1");
        await PullAsync("team/b:1");
        var images = store.Images.List();
        var same = images.GroupBy(static i => i.Id["sha256:".Length..][..2]).FirstOrDefault(static g => g.Count() > 1);
        string prefix = same?.Key ?? "";

        // Two random ids rarely begin alike, so a third image is made until one does.
        for (int i = 0; prefix.Length == 0; i++)
        {
            var next = TestImage.Create("base").Finish(command: "/" + i);
            string start = next.Id["sha256:".Length..][..2];
            if (images.Any(x => x.Id["sha256:".Length..].StartsWith(start, StringComparison.Ordinal)))
            {
                registry.Add("team/c", "1", next);
                await PullAsync("team/c:1");
                prefix = start;
            }
        }

        Throws("ImageAmbiguous", () => store.Images.Get(prefix));
    }

    [Fact]
    public async Task TagAddsANameAndMovesIt()
    {
        var first = await PullAsync("team/a:1");
        var second = await PullAsync("team/b:1");
        var reference = ImageReference.Parse("mine:v1");
        Assert.Equal(reference, store.Images.Tag(first, reference).Reference);
        Assert.Equal(first.Id, store.Images.Get("mine:v1").Id);
        Assert.Equal(2, store.Images.Find(first.Id).Count);
        store.Images.Tag(second, reference);
        Assert.Equal(second.Id, store.Images.Get("mine:v1").Id);
        Assert.Single(store.Images.Find(first.Id));
        Throws("ImageReferenceInvalid", () => store.Images.Tag(first, ImageReference.Parse($"x@{first.Digest}")));
    }

    [Fact]
    public async Task ImageWhoseTagMovedStaysWithoutName()
    {
        var old = await PullAsync("team/a:1");
        registry.Add("team/a", "1", b);
        var current = await PullAsync("team/a:1");
        Assert.NotEqual(old.Id, current.Id);
        var nameless = store.Images.Get(old.Id);
        Assert.Null(nameless.Reference);
        Assert.Equal(old.ShortId, nameless.ToString());
        Assert.True(store.Images.Remove(nameless, false, default).ImageRemoved);
        Assert.Equal(current.Id, Assert.Single(store.Images.List()).Id);
        Assert.Equal(2, store.Images.EnsureLayers(current, default).Count);
    }

    [Fact]
    public async Task PullByDigestKeepsTheDigestAsName()
    {
        var image = await PullAsync($"team/a@{a.Digest}");
        Assert.Null(image.Tag);
        Assert.Equal($"{registry.Host}/team/a@{a.Digest}", image.ToString());
        Assert.Equal(image.Id, store.Images.Get(image.ToString()).Id);
    }

    [Fact]
    public async Task RemovingFreesWhatNothingElseNeeds()
    {
        var first = await PullAsync("team/a:1");
        var second = await PullAsync("team/b:1");
        Assert.Equal(3, store.LayerKeys().Count);
        var result = store.Images.Remove(first, false, default);
        Assert.True(result.ImageRemoved);
        Assert.Equal([TestImage.DigestOf(a.Tars[1])["sha256:".Length..]], result.RemovedLayers);
        Assert.Equal(3, result.RemovedBlobs.Count);
        Assert.True(result.FreedBytes > 1000);
        Assert.Equal(2, store.LayerKeys().Count);
        Assert.Equal(b.Layers.Append(b.Config).Append(b.Manifest).Select(static d => TestImage.DigestOf(d)["sha256:".Length..]).Order(), store.BlobFiles());
        Assert.Equal(2, store.Images.EnsureLayers(second, default).Count);
        Throws("ImageNotFound", () => store.Images.Remove(first, false, default));
        store.Images.Remove(second, false, default);
        store.AssertNothingVisible();
    }

    [Fact]
    public async Task RemovingOneOfTwoNamesKeepsTheImage()
    {
        var first = await PullAsync("team/a:1");
        var mine = store.Images.Tag(first, ImageReference.Parse("mine"));
        var result = store.Images.Remove(first, false, default);
        Assert.False(result.ImageRemoved);
        Assert.Empty(result.RemovedBlobs);
        Assert.Equal(first.Id, store.Images.Get("mine").Id);
        Assert.True(store.Images.Remove(mine, false, default).ImageRemoved);
        store.AssertNothingVisible();
    }

    [Fact]
    public async Task ImageOfAContainerIsInUseUnlessForced()
    {
        var image = await PullAsync("team/a:1");
        string container = store.AddContainer("web", image);
        var error = Throws("ImageInUse", () => store.Images.Remove(image, false, default));
        Assert.Contains("web", error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.InUse, error.Kind);
        Assert.Single(store.Images.List());

        // Another name may go.
        store.Images.Remove(store.Images.Tag(image, ImageReference.Parse("mine")), false, default);

        var result = store.Images.Remove(image, true, default);
        Assert.True(result.ImageRemoved);
        Assert.Empty(result.RemovedLayers);
        Assert.Empty(store.Images.List());
        Assert.Equal(2, store.LayerKeys().Count);
        Directory.Delete(container, recursive: true);
        Assert.Equal(2, store.Images.Collect(default).RemovedLayers.Count);
    }

    [Fact]
    public async Task LeasesAndHoldsKeepWhatTheyName()
    {
        var image = await PullAsync("team/a:1");
        using (store.Images.Hold(image, default))
        {
            var result = store.Open().Remove(image, false, default);
            Assert.Empty(result.RemovedBlobs);
            Assert.Empty(result.RemovedLayers);
        }

        Assert.Equal(4, store.Images.Collect(default).RemovedBlobs.Count);
        Throws("ImageNotFound", () => store.Images.Hold(image, default).Dispose());
    }

    [Fact]
    public async Task MissingLayerIsUnpackedAgain()
    {
        var image = await PullAsync("team/a:1");
        string path = store.Images.EnsureLayers(image, default)[1].Path;
        new Engine.Layers.LayerStore(store.Paths).Remove(image.Layers[1].Hex);
        Assert.False(Directory.Exists(path));
        Assert.Equal(path, store.Images.EnsureLayers(image, default)[1].Path);
        Assert.True(File.Exists(Path.Combine(path, "a")));
    }

    [Fact]
    public async Task DamagedBlobIsNoticedBeforeItIsUnpacked()
    {
        var image = await PullAsync("team/a:1");
        new Engine.Layers.LayerStore(store.Paths).Remove(image.Layers[1].Hex);
        string blob = Path.Combine(store.Paths.Content, "blobs", "sha256", TestImage.DigestOf(a.Layers[1])["sha256:".Length..]);
        byte[] bytes = File.ReadAllBytes(blob);
        bytes[50] ^= 1;
        File.WriteAllBytes(blob, bytes);
        Throws("LayerDigestMismatch", () => store.Images.EnsureLayers(image, default));
        File.Delete(blob);
        Throws("ImageContentMissing", () => store.Images.EnsureLayers(image, default));
        await PullAsync("team/a:1");
        Assert.Equal(2, store.Images.EnsureLayers(image, default).Count);
    }

    [Fact]
    public async Task LostConfigurationIsMendedByAPull()
    {
        var image = await PullAsync("team/a:1");
        File.Delete(Path.Combine(store.Paths.Content, "blobs", "sha256", a.Id["sha256:".Length..]));
        var fresh = store.Open();
        Assert.Empty(fresh.List());
        Throws("ImageDamaged", () => fresh.Get(image.ToString()));
        await PullAsync("team/a:1");
        Assert.Equal(image.Id, store.Open().Get(image.ToString()).Id);
    }

    [Fact]
    public async Task DamagedIndexIsOneClearError()
    {
        await PullAsync("team/a:1");
        string index = Path.Combine(store.Paths.Content, "index.json");
        File.WriteAllText(index, "{");
        Assert.Contains(index, Throws("ContentIndexDamaged", () => store.Images.List()).Message, StringComparison.Ordinal);
        Throws("ContentIndexDamaged", () => store.Images.Collect(default));
        Assert.NotEmpty(store.BlobFiles());
    }

    [Fact]
    public async Task RemovingWhileAnotherShellPullsWhatSharesLayersLeavesBothWhole()
    {
        for (int round = 0; round < 15; round++)
        {
            var first = await PullAsync("team/a:1");
            var other = store.Open();
            var pull = Task.Run(() => other.PullAsync(registry.Reference("team/b:1"), new(), null, default));
            await Task.Delay(round % 5);
            var remove = Task.Run(() => store.Open().Remove(first, false, default));
            await remove;
            var second = await pull;
            Assert.Equal(second.Id, Assert.Single(store.Images.List()).Id);
            Assert.All(store.Open().EnsureLayers(second, default), static l => Assert.True(Directory.Exists(l.Path)));
            Assert.Superset(b.Layers.Append(b.Config).Append(b.Manifest).Select(static d => TestImage.DigestOf(d)["sha256:".Length..]).ToHashSet(), store.BlobFiles().ToHashSet());
            store.Images.Remove(second, false, default);
            store.AssertNothingVisible();
        }
    }

    [Fact]
    public async Task ManyShellsMayPullTheSameImage()
    {
        var images = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => store.Open().PullAsync(registry.Reference("team/a:1"), new(), null, default))));
        Assert.All(images, i => Assert.Equal(a.Id, i.Id));
        Assert.Single(store.Images.List());
        Assert.Equal(2, store.LayerKeys().Count);
        store.AssertNothingHalfDone();
    }

    [Fact]
    public async Task WhatAKilledShellLeftIsCollected()
    {
        await PullAsync("team/a:1");
        string left = Path.Combine(store.Paths.Content, "blobs", ".incoming-0123456789abcdef");
        File.WriteAllText(left, "half");
        store.Images.Collect(default);
        Assert.True(File.Exists(left), "one this young may not be locked yet");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddHours(-1));
        store.Images.Collect(default);
        Assert.False(File.Exists(left));
        Assert.Single(store.Images.List());
    }

    [Fact]
    public void EmptyStoreIsNotCreatedByLooking()
    {
        Assert.Empty(store.Images.List());
        Assert.Empty(store.Images.Find("x"));
        Assert.False(Directory.Exists(store.Paths.Content));
    }

    private static ContainerToolsException Throws(string errorId, Action action)
    {
        var error = Assert.Throws<ContainerToolsException>(action);
        Assert.True(errorId == error.ErrorId, $"{error.ErrorId}: {error.Message}");
        return error;
    }

    private Task<Image> PullAsync(string name) => store.PullAsync(registry.Reference(name));
}
