using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Engine;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Core.Tests.Registry;

/// <summary>Looking into registries without pulling.</summary>
public sealed class ListingTests : IDisposable
{
    private readonly StoreFixture store = new();
    private readonly FakeRegistry fake = new();

    public void Dispose()
    {
        fake.Dispose();
        store.Dispose();
    }

    [Fact]
    public async Task AllPagesAreRead()
    {
        using var registry = new TestRegistry();
        string source = new LayoutBuilder(Path.Combine(store.Scratch, "layout")).AddLayer(TestImage.Tar(("a", TestImage.Noise("a", 1000)))).Write("1");
        registry.Push(source, "team/app:1");

        // The catalog's pages are of a hundred.
        string[] names = [.. Enumerable.Range(0, 120).Select(static i => $"r{i:000}/x")];
        string repositories = Path.Combine(registry.Storage, "docker/registry/v2/repositories");
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.Combine(repositories, name, "_layers"));
        }

        using var client = new RegistryClient(registry.Host);
        Assert.Equal([.. names, "team/app"], await ToListAsync(client.ListRepositoriesAsync(default)));
        Assert.Equal(["1"], await ToListAsync(client.ListTagsAsync(ImageReference.Parse(registry.Reference("team/app")), default)));
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => ToListAsync(client.ListTagsAsync(ImageReference.Parse(registry.Reference("no/such")), default)));
        Assert.Equal("RegistryImageNotFound", error.ErrorId);
    }

    [Fact]
    public async Task PagesFollowLinks()
    {
        fake.Route("/v2/x/tags/list", c =>
        {
            string? last = c.Request.QueryString["last"];
            if (last != "d")
            {
                c.Response.Headers["Link"] = last is null ? "</v2/x/tags/list?last=b>; rel=\"next\"" : $"<http://{fake.Host}/v2/x/tags/list?last=d>; rel=\"next\"";
            }

            return FakeRegistry.TextAsync(c, 200, last switch { null => """{"name":"x","tags":["a","b"]}""", "b" => """{"tags":["c","d"]}""", _ => """{"tags":null}""" });
        });
        using var client = new RegistryClient(fake.Host);
        Assert.Equal(["a", "b", "c", "d"], await ToListAsync(client.ListTagsAsync(fake.Reference("x"), default)));
    }

    [Theory]
    [InlineData("</v2/x/tags/list?last=a>; rel=\"next\"", "{\"tags\":[\"a\"]}", "RegistryResponseInvalid")]
    [InlineData("<http://example.com/v2/x/tags/list>; rel=\"next\"", "{\"tags\":[\"a\"]}", "RegistryRedirectInsecure")]
    [InlineData(null, "[]", "RegistryResponseInvalid")]
    [InlineData(null, "null", "RegistryResponseInvalid")]
    public async Task PagesThatAreWrongAreErrors(string? link, string body, string errorId)
    {
        fake.Route("/v2/x/tags/list", c =>
        {
            c.Response.Headers["Link"] = link;
            return FakeRegistry.TextAsync(c, 200, body);
        });
        using var client = new RegistryClient(fake.Host);
        Assert.Equal(errorId, (await Assert.ThrowsAsync<ContainerToolsException>(() => ToListAsync(client.ListTagsAsync(fake.Reference("x"), default)))).ErrorId);
    }

    [Fact]
    public async Task ARegistryWithoutACatalogSaysSo()
    {
        using var client = new RegistryClient(fake.Host);
        Assert.Equal("RegistryCatalogNotSupported", (await Assert.ThrowsAsync<ContainerToolsException>(() => ToListAsync(client.ListRepositoriesAsync(default)))).ErrorId);
    }

    [Fact]
    public async Task AnImageIsSeenWithoutItsLayers()
    {
        var image = TestImage.Create(50_000, "a", "b");
        using var client = new RegistryClient(fake.Host);
        var seen = await RemoteImageReader.ReadAsync(client, fake.Add("x", "1", image), default);
        Assert.Equal(image.Digest, seen.Digest.ToString());
        Assert.Equal(Platform.Current, Assert.Single(seen.Platforms).Platform);
        Assert.Equal(image.Layers.Sum(static l => l.Length) + image.Config.Length, seen.DownloadSize);
        Assert.Equal(image.Layers.Select(TestImage.DigestOf), seen.Platforms[0].Layers.Select(static l => l.Digest.ToString()));
        Assert.DoesNotContain(fake.Requests, r => r.Path.Contains(TestImage.DigestOf(image.Layers[0]), StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnIndexShowsItsPlatforms()
    {
        var here = TestImage.Create(1000, "a");
        var there = TestImage.Create(2000, "b").Finish(architecture: "s390x");
        var statement = TestImage.Create(10, "c");
        var index = new System.Text.Json.Nodes.JsonObject { ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciIndex, ["manifests"] = new System.Text.Json.Nodes.JsonArray() };
        foreach (var (image, os, architecture) in new[] { (here, "linux", Platform.Current.Architecture), (there, "linux", "s390x"), (statement, "unknown", "unknown") })
        {
            fake.Add("x", "part", image);
            var entry = TestImage.Descriptor(image.ManifestType, image.Manifest);
            entry["platform"] = new System.Text.Json.Nodes.JsonObject { ["os"] = os, ["architecture"] = architecture };
            index["manifests"]!.AsArray().Add(entry);
        }

        fake.AddManifest("x", "1", TestImage.Json(index), MediaTypes.OciIndex);
        using var client = new RegistryClient(fake.Host);
        var seen = await RemoteImageReader.ReadAsync(client, fake.Reference("x:1"), default);
        Assert.Equal([Platform.Current.ToString(), "linux/s390x"], seen.Platforms.Select(static p => p.ToString()));
        Assert.Equal(here.Layers[0].Length + here.Config.Length, seen.DownloadSize);
        Assert.Equal(MediaTypes.OciIndex, seen.MediaType);
    }

    private static async Task<List<string>> ToListAsync(IAsyncEnumerable<string> items)
    {
        var list = new List<string>();
        await foreach (string item in items)
        {
            list.Add(item);
        }

        return list;
    }
}
