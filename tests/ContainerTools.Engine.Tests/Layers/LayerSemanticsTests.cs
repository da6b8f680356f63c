using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Layers;

/// <summary>What layers mean, by small examples: what an overlay of them shows.</summary>
public sealed class LayerSemanticsTests : IDisposable
{
    private readonly LayerFixture _fixture = new();

    [Fact]
    public void WhiteoutsHideWhatIsBelowAndVanishWhereNothingIs()
    {
        var layers = _fixture.Add(
            new RawTar().Directory("d/").File("d/a").File("d/b").File("c").ToArray(),
            new RawTar().Directory("d/").File("d/.wh.a", "").File("d/.wh.missing", "").File(".wh.c", "").File("none/.wh.x", "").Directory("own/").File("own/.wh.y", "").ToArray());
        Assert.Equal(["d", "d/b", "own"], Names(_fixture.Mount(layers)));
        Assert.Equal(["c", "d", "d/a", "own"], Names(layers[1].Path));
    }

    [Fact]
    public void AnEntryWinsOverItsWhiteoutInEitherOrder()
    {
        byte[] below = new RawTar().Directory("a/").File("a/old").Directory("b/").File("b/old").File("f", "old").File("g", "old").ToArray();
        var layers = _fixture.Add(
            below,
            new RawTar().File(".wh.a", "").Directory("a/").File("a/new").File("b/new").File(".wh.b", "").File(".wh.f", "").File("f", "new").File("g", "new").File(".wh.g", "").ToArray());
        string mount = _fixture.Mount(layers);
        Assert.Equal(["a", "a/new", "b", "b/new", "f", "g"], Names(mount));
        Assert.Equal("newnew", File.ReadAllText(Path.Combine(mount, "f")) + File.ReadAllText(Path.Combine(mount, "g")));
    }

    [Fact]
    public void TheRootMayBeNamedByASlash()
    {
        var layer = _fixture.Add(new RawTar().Directory("/", 0x1C0, 7).File("a").ToArray()).Single();
        Assert.Equal("700 7", Command.Run("stat", "-c", "%a %u", layer.Path).Succeeded().Output.Trim());
    }

    [Fact]
    public void AnOpaqueDirectoryHidesWhatLowerLayersHaveInIt()
    {
        var layers = _fixture.Add(
            new RawTar().Directory("d/", 0x1C0, 5).File("d/a").Directory("d/sub/").File("d/sub/x").ToArray(),
            new RawTar().File("d/new").File("d/.wh..wh..opq", "").File("d/sub/y").ToArray());
        string mount = _fixture.Mount(layers);
        Assert.Equal(["d", "d/new", "d/sub", "d/sub/y"], Names(mount));

        // The directory itself is still the one below.
        Assert.Equal("700 5", Command.Run("stat", "-c", "%a %u", Path.Combine(mount, "d")).Succeeded().Output.Trim());
    }

    [Fact]
    public void AnOpaqueRootHidesEverything()
    {
        var layers = _fixture.Add(
            new RawTar().File("a").Directory("d/").File("d/old").ToArray(),
            new RawTar().File("b").ToArray(),
            new RawTar().File(".wh..wh..opq", "").Directory("d/").File("d/new").File("c").ToArray());
        Assert.Equal(["c", "d", "d/new"], Names(_fixture.Mount(layers)));
    }

    [Fact]
    public void LaterEntriesReplaceEarlierOnes()
    {
        var layer = _fixture.Add(new RawTar()
            .File("f", "first").HardLink("link", "f").File("f", "second")
            .Directory("d/").File("d/x").File("d", "a file now")
            .File("e").Directory("e/").File("e/x")
            .Directory("k/", 0x1C0).File("k/x").Directory("k/", 0x1FF, 9)
            .Link("l", "f").Directory("l/").File("l/inside")
            .ToArray())[0];
        Assert.Equal(["d", "e", "e/x", "f", "k", "k/x", "l", "l/inside", "link"], Names(layer.Path));
        Assert.Equal("second first", $"{File.ReadAllText(Path.Combine(layer.Path, "f"))} {File.ReadAllText(Path.Combine(layer.Path, "link"))}");
        Assert.Equal("777 9", Command.Run("stat", "-c", "%a %u", Path.Combine(layer.Path, "k")).Succeeded().Output.Trim());
    }

    [Fact]
    public void AHardLinkIntoALowerLayerBringsTheFileUp()
    {
        var layers = _fixture.Add(
            new RawTar().Directory("d/", 0x1C0, 5).File("d/f", "text", 0x9ED /* setuid */, 6).ToArray(),
            new RawTar().HardLink("l", "d/f").HardLink("m", "/d/f").ToArray());
        string mount = _fixture.Mount(layers);
        Assert.Equal("4755 6 3 1000000000", Command.Run("stat", "-c", "%a %u %h %Y", Path.Combine(mount, "l")).Succeeded().Output.Trim());
        Assert.Single(new[] { "l", "m", "d/f" }.Select(n => Command.Run("stat", "-c", "%i", Path.Combine(layers[1].Path, n)).Succeeded().Output).Distinct());
        Assert.Equal("700 5", Command.Run("stat", "-c", "%a %u", Path.Combine(mount, "d")).Succeeded().Output.Trim());
    }

    [Fact]
    public void AFileBelowALowerLayersLinkGoesWhereTheLinkLeads()
    {
        // As in Debian: lib is a link to usr/lib, and a layer without directory entries brings lib/x.
        var layers = _fixture.Add(
            new RawTar().Directory("usr/").Directory("usr/lib/", 0x1C0, 5).File("usr/lib/old").Link("lib", "usr/lib").Link("abs", "/usr/lib").Link("dangling", "made/later").ToArray(),
            new RawTar().File("lib/x").File("abs/deep/y").File("usr/lib/z").File("dangling/w").File("lib/.wh.old", "").HardLink("abs/l", "lib/x").ToArray());
        string mount = _fixture.Mount(layers);
        Assert.Equal(
            ["abs", "dangling", "lib", "made", "made/later", "made/later/w", "usr", "usr/lib", "usr/lib/deep", "usr/lib/deep/y", "usr/lib/l", "usr/lib/x", "usr/lib/z"],
            Names(mount));
        Assert.Equal("symbolic link", Command.Run("stat", "-c", "%F", Path.Combine(mount, "lib")).Succeeded().Output.Trim());
        Assert.Equal("700 5", Command.Run("stat", "-c", "%a %u", Path.Combine(mount, "usr/lib")).Succeeded().Output.Trim());
    }

    [Fact]
    public void ADirectoryEntryReplacesALowerLayersLink()
    {
        var layers = _fixture.Add(
            new RawTar().Directory("usr/").File("usr/old").Link("lib", "usr").ToArray(),
            new RawTar().Directory("lib/").File("lib/x").ToArray());
        Assert.Equal(["lib", "lib/x", "usr", "usr/old"], Names(_fixture.Mount(layers)));
    }

    [Fact]
    public void ALayersOwnLinksAreFollowedInside()
    {
        var layer = _fixture.Add(new RawTar().Directory("usr/").Directory("usr/lib/").Link("lib", "usr/lib").File("lib/x").Link("usr/up", "../lib").File("usr/up/y").ToArray())[0];
        Assert.Equal(["lib", "usr", "usr/lib", "usr/lib/x", "usr/lib/y", "usr/up"], Names(layer.Path));
        Assert.False(layer.LeansOnParents);
    }

    [Fact]
    public void TimesAndModesSurviveWhatComesLater()
    {
        var layer = _fixture.Add(new RawTar()
            .Pax("mtime", "-1.25").Directory("d/", 0x16D /* 0555 */)
            .Pax("mtime", "1234567890.123456789").File("d/f", "x", 0x9ED)
            .Link("d/l", "f").Device("d/n", 1, 3).Add("d/p", '6')
            .ToArray())[0];
        string facts = Command.Run("find", layer.Path, "-mindepth", "1", "-printf", "%P %m %T@\\n").Succeeded().Output;
        Assert.Contains("d 555 -2.7500000000", facts, StringComparison.Ordinal);
        Assert.Contains("d/f 4755 1234567890.1234567890", facts, StringComparison.Ordinal);
        Assert.Equal(3, facts.Split('\n').Count(l => l.EndsWith(" 1000000000.0000000000", StringComparison.Ordinal)));
    }

    [Fact]
    public void AReservedNameIsLeftOut()
    {
        var layer = _fixture.Add(new RawTar().File("a").File(".wh..wh.aufs", "").Directory(".wh..wh.plnk/").File(".wh..wh.plnk/1.2").ToArray())[0];
        Assert.Equal(["a"], Names(layer.Path));
    }

    [Fact]
    public void AVeryDeepTreeCanBeMadeAndRemoved()
    {
        var tar = new RawTar();
        string stretch = string.Join('/', Enumerable.Repeat("d", 500));
        tar.Pax("path", stretch + "/f").File("f");
        var layer = _fixture.Add(tar.ToArray())[0];
        Assert.True(File.Exists(Path.Combine(layer.Path, stretch, "f")));
        _fixture.Store.Remove(layer.Key);
        Assert.Empty(_fixture.Entries());
    }

    public void Dispose() => _fixture.Dispose();

    private static IReadOnlyList<string> Names(string directory) =>
        [.. Command.Run("find", directory, "-mindepth", "1", "-printf", "%P\\n").Succeeded().Lines.Order(StringComparer.Ordinal)];
}
