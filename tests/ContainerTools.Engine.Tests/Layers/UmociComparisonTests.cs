using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Layers;

/// <summary>An overlay of our layers against the tree that umoci unpacks from the same image.</summary>
public sealed class UmociComparisonTests : IDisposable
{
    private readonly LayerFixture _fixture = new();

    [Fact]
    public void LayersWithoutDirectoryEntriesLookAsUmociUnpacksThem() => Compare(
        [
            new RawTar { Time = 900_000_000 }
                .Directory("usr/").Directory("usr/lib/", 0x1C0, 5).File("usr/lib/old").File("usr/lib/gone").Link("lib", "usr/lib")
                .Directory("etc/", 0x1ED, 7).File("etc/a", "a", 0x9ED, 3).File("etc/b").Directory("opaque/", 0x1C9, 8).File("opaque/old").Directory("opaque/sub/").File("opaque/sub/old")
                .Directory("again/").File("again/old").File("file-then-directory").Directory("directory-then-file/").File("directory-then-file/x").ToArray(),
            new RawTar { Time = 1_100_000_000 }
                .File("lib/new").File("etc/c").File("etc/.wh.b", "").HardLink("etc/hard", "etc/a").HardLink("hard-too", "etc/c")
                .File("lib/.wh.gone", "").File("opaque/.wh..wh..opq", "").File("opaque/new").File("missing/.wh.x", "")
                .File(".wh.again", "").Directory("again/").File("again/new")
                .Directory("file-then-directory/").File("file-then-directory/x").File("directory-then-file").ToArray(),
            new RawTar { Time = 1_200_000_000 }
                .File("etc/d").Link("etc/l", "d").HardLink("etc/l2", "etc/l").File("usr/lib/.wh.old", "").File("etc/.wh.b2", "").ToArray(),
        ]);

    public void Dispose() => _fixture.Dispose();

    private void Compare(byte[][] tars)
    {
        string layout = Path.Combine(_fixture.Directory, "layout");
        var image = new LayoutBuilder(layout);
        foreach (byte[] tar in tars)
        {
            image.AddLayer(tar);
        }

        image.Write("latest");
        string bundle = Path.Combine(_fixture.Directory, "bundle");
        Tools.Umoci("unpack", "--image", $"{layout}:latest", bundle).Succeeded();
        var theirs = TreeListing.Of(Path.Combine(bundle, "rootfs")).Select(WithoutDirectoryTime).ToList();
        var ours = TreeListing.Of(_fixture.Mount(_fixture.Add(tars))).Select(WithoutDirectoryTime).ToList();
        Assert.True(theirs.Count > 20);
        Assert.Equal([], TreeListing.Differences(theirs, ours));

        // umoci leaves the present time on a directory that it changed for a layer without an entry for it.
        static string WithoutDirectoryTime(string line) => line.Contains("|directory|", StringComparison.Ordinal) ? line[..line.LastIndexOf('|')] : line;
    }
}
