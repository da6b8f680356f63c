using System.Globalization;
using ContainerTools.Core.Images;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Core.Tests.Trees;

/// <summary>What comes out of a pull, mounted, is what 'umoci unpack' makes of the same image: every name and every attribute.</summary>
public sealed class TreeComparisonTests : IDisposable
{
    private readonly TemporaryStore _store = new();
    private readonly TestRegistry _registry = new();

    [Fact]
    public async Task AnImageWithOneOfEachThingUnpacksAsByUmoci()
    {
        var layout = Path.Combine(_store.Scratch, "layout");
        FeatureImage.Write(layout);
        await Compare(_registry.Push($"oci:{layout}:features", "features:1"), $"{layout}:features");
    }

    [Fact]
    public async Task PlainLayersUnpackAsByUmoci()
    {
        var layout = Path.Combine(_store.Scratch, "layout");
        FeatureImage.Write(layout, "plain", BlobCompression.None);
        await Compare(_registry.Push($"oci:{layout}:plain", "features:plain"), $"{layout}:plain");
    }

    [Fact]
    public async Task ARealDebianUnpacksAsByUmoci() => await Compare(DebianImages.Push(_registry), $"{DebianImages.Layout}:latest");

    public void Dispose()
    {
        _registry.Dispose();
        _store.Dispose();
    }

    private async Task Compare(string name, string umociImage)
    {
        var paths = new StorePaths(_store.Root, _store.RunRoot);
        paths.EnsureCreated();
        var images = new ImageStore(paths);
        var image = await images.PullAsync(ImageReference.Parse(name), new PullOptions(), null, CancellationToken.None);
        var merged = Path.Combine(_store.Scratch, "merged");
        Directory.CreateDirectory(merged);
        var layers = images.EnsureLayers(image, CancellationToken.None).Select(layer => layer.Path).Reverse().ToList();
        if (layers.Count == 1)
        {
            // overlayfs wants two lower directories where there is no upper one.
            var empty = Path.Combine(_store.Scratch, "empty");
            Directory.CreateDirectory(empty);
            layers.Add(empty);
        }
        Command.Run("mount", "-t", "overlay", "-o", $"ro,lowerdir={string.Join(':', layers)}", "overlay", merged).Succeeded();
        var bundle = Path.Combine(_store.Scratch, "bundle");
        var start = DateTime.UtcNow;
        Tools.Umoci("unpack", "--image", umociImage, bundle).Succeeded();
        var expected = TreeListing.Of(Path.Combine(bundle, "rootfs"));
        var actual = TreeListing.Of(merged);
        // A directory that no layer's tar describes, or in which umoci followed a whiteout, has the time of umoci's run: no fact of the image.
        var timeless = expected.Where(line => line.Contains("|directory|", StringComparison.Ordinal) && TimeOf(line) >= start).Select(NameOf).ToHashSet(StringComparer.Ordinal);
        var differences = TreeListing.Differences([.. expected.Select(WithoutTime)], [.. actual.Select(WithoutTime)]);
        Assert.True(differences.Count == 0, $"umoci (-) and the mounted layers (+) differ in {differences.Count} lines:\n{string.Join('\n', differences.Take(40))}");

        string WithoutTime(string line) => timeless.Contains(NameOf(line)) ? line[..line.LastIndexOf('|')] : line;
    }

    private static string NameOf(string line) => line.Split('|')[0];

    private static DateTime TimeOf(string line) =>
        DateTime.Parse(line[(line.LastIndexOf('|') + 1)..].Replace(" +0000", "Z", StringComparison.Ordinal), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
}
