using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Layers;

public sealed class LayerStoreTests : IDisposable
{
    private readonly LayerFixture _fixture = new();

    [Fact]
    public void ALayerThatStandsAloneIsSharedByItsDiffId()
    {
        byte[] tar = new RawTar().Directory("d/").File("d/f").ToArray();
        byte[] other = new RawTar().File("other").ToArray();
        var first = _fixture.Add(tar)[0];
        var second = _fixture.Add(other, tar)[1];
        Assert.Equal(first, second);
        Assert.Equal((LayerFixture.DigestOf(tar).Hex, false), (first.Key, first.LeansOnParents));
        Assert.Equal(2, _fixture.Entries().Count);
    }

    [Fact]
    public void ALayerThatLeansIsKeptByItsChainId()
    {
        byte[] below = new RawTar().Directory("d/", 0x1C0, 7).File("d/old").ToArray();
        byte[] elsewhere = new RawTar().Directory("d/", 0x1FF, 8).ToArray();
        byte[] leaning = new RawTar().File("d/new").ToArray();
        var on = _fixture.Add(below, leaning)[1];
        var alone = _fixture.Add(leaning)[0];
        var onOther = _fixture.Add(elsewhere, leaning)[1];
        Assert.Equal(ChainId.Of([LayerFixture.DigestOf(below), LayerFixture.DigestOf(leaning)]).Hex, on.Key);
        Assert.Equal(3, new[] { on.Key, alone.Key, onOther.Key }.Distinct().Count());
        Assert.Equal(["700 7:7", "755 0:0", "777 8:8"], new[] { on, alone, onOther }.Select(l => Stat("%a %u:%g", l, "d")));
        Assert.Equal(alone, _fixture.Store.Find([LayerFixture.DigestOf(leaning)]));
        Assert.Equal(on, _fixture.Store.Find([LayerFixture.DigestOf(below), LayerFixture.DigestOf(leaning)]));
        Assert.Null(_fixture.Store.Find([Digest.Parse("sha256:" + new string('0', 64)), LayerFixture.DigestOf(leaning)]));
    }

    [Fact]
    public void AMissingParentIsToldByName()
    {
        byte[] tar = new RawTar().File("d/new").ToArray();
        var missing = Digest.Parse("sha256:" + new string('1', 64));
        using var staged = _fixture.Store.Unpack(new MemoryStream(tar));
        var error = Assert.Throws<ContainerToolsException>(() => _fixture.Store.Commit(staged, LayerFixture.DigestOf(tar), [missing]));
        Assert.Equal(("LayerNotFound", ErrorKind.NotFound, (object)missing), (error.ErrorId, error.Kind, error.Target));
    }

    [Fact]
    public void CommittingTwiceGivesTheFirst()
    {
        byte[] tar = new RawTar().File("f").ToArray();
        using var one = _fixture.Store.Unpack(new MemoryStream(tar));
        using var two = new LayerStore(_fixture.Paths).Unpack(new MemoryStream(tar));
        var first = _fixture.Store.Commit(one, LayerFixture.DigestOf(tar), []);
        Assert.Equal(first, _fixture.Store.Commit(two, LayerFixture.DigestOf(tar), []));
        Assert.Equal([first.Key], _fixture.Entries());
        Assert.Equal([first], _fixture.Store.List());
    }

    [Fact]
    public void ManyThreadsAddTheSameLayersAtOnce()
    {
        byte[][] tars = [.. Enumerable.Range(0, 4).Select(i => new RawTar().Directory($"d{i}/").File($"d{i}/f").File("shared/f").ToArray())];
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            var layers = _fixture.Add(tars);
            Assert.Equal(4, layers.Count);
        });
        Assert.Equal(4, _fixture.Entries().Count);
    }

    [Fact]
    public void WithoutACommitNothingStays()
    {
        _fixture.Store.Unpack(new RawTar().File("f").ToStream()).Dispose();
        Assert.Empty(_fixture.Entries());
    }

    [Fact]
    public void RemovalTakesOneLayerAndFollowsNoLink()
    {
        using var victim = new TemporaryDirectory("ctvictim");
        File.WriteAllText(victim["file"], "mine");
        byte[] tar = new RawTar().Link("link", victim.Path).Directory("d/").Link("d/link", victim["file"]).ToArray();
        var layers = _fixture.Add(new RawTar().File("stays").ToArray(), tar);
        _fixture.Store.Remove(layers[1].Key);
        _fixture.Store.Remove(layers[1].Key);
        Assert.Equal([layers[0]], _fixture.Store.List());
        Assert.Single(_fixture.Entries());
        Assert.Equal("mine", File.ReadAllText(victim["file"]));
        Assert.Equal("LayerKeyInvalid", Assert.Throws<ContainerToolsException>(() => _fixture.Store.Remove("../containers")).ErrorId);
    }

    [Fact]
    public void RemainsOfACrashAreCollectedAndLivingWorkIsNot()
    {
        using var living = _fixture.Store.Unpack(new RawTar().File("f").ToStream());
        string remains = Path.Combine(_fixture.Paths.Layers, ".staging-dead/fs/deep");
        Directory.CreateDirectory(remains);
        File.WriteAllText(Path.Combine(remains, "f"), "");
        Directory.CreateDirectory(Path.Combine(_fixture.Paths.Layers, ".removed-dead/fs"));
        Assert.Equal(2, _fixture.Store.CollectGarbage());
        Assert.Single(_fixture.Entries());
        var layer = _fixture.Store.Commit(living, Digest.Parse("sha256:" + new string('2', 64)), []);
        Assert.True(File.Exists(Path.Combine(layer.Path, "f")));
    }

    [Fact]
    public void UnpackingClearsRemainsAway()
    {
        Directory.CreateDirectory(Path.Combine(_fixture.Paths.Layers, ".staging-dead/fs"));
        Assert.Single(_fixture.Add(new RawTar().File("f").ToArray()));
        Assert.Single(_fixture.Entries());
    }

    [Fact]
    public void ADirectoryWithoutItsMarkerIsNoLayer()
    {
        byte[] tar = new RawTar().File("f").ToArray();
        string directory = Path.Combine(_fixture.Paths.Layers, LayerFixture.DigestOf(tar).Hex);
        Directory.CreateDirectory(Path.Combine(directory, "fs"));
        Assert.Empty(_fixture.Store.List());
        Assert.Null(_fixture.Store.Find([LayerFixture.DigestOf(tar)]));
        Assert.True(File.Exists(Path.Combine(_fixture.Add(tar)[0].Path, "f")));
        _fixture.Store.CollectGarbage();
        Assert.Equal([LayerFixture.DigestOf(tar).Hex], _fixture.Entries());
    }

    [Fact]
    public void AFullDiskLeavesNothingBehind()
    {
        using var directory = new TemporaryDirectory("ctfull");
        Command.Run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", directory.Path).Succeeded();
        var paths = new StorePaths(directory["store"], directory["run"]);
        paths.EnsureCreated();
        var store = new LayerStore(paths);
        // Zeros would become a hole.
        byte[] content = new byte[8 << 20];
        new Random(1).NextBytes(content);
        byte[] large = new RawTar().File("small").Directory("d/").Add("d/large", '0', content: content).ToArray();
        var error = Assert.Throws<ContainerToolsException>(() => store.Unpack(new MemoryStream(large)));
        Assert.Equal(("StorageFull", ErrorKind.StorageFull), (error.ErrorId, error.Kind));
        Assert.Empty(Directory.EnumerateFileSystemEntries(paths.Layers));
        byte[] small = new RawTar().File("small").ToArray();
        using var staged = store.Unpack(new MemoryStream(small));
        Assert.NotNull(store.Commit(staged, LayerFixture.DigestOf(small), []));
    }

    [Fact]
    public void TheRootIsThatOfTheTopmostLayerThatDescribesIt()
    {
        byte[] odd = new RawTar().Directory("./", 0x1C9, 4).File("b").ToArray();
        byte[] plain = new RawTar().Directory("./").File("c").ToArray();
        byte[] silent = new RawTar().File("d").ToArray();
        var onOdd = _fixture.Add(odd, silent, new RawTar().File("e").ToArray());
        var onPlain = _fixture.Add(plain, silent);
        var alone = _fixture.Add(silent);
        Assert.Equal(["711 4:4", "711 4:4", "711 4:4"], onOdd.Select(l => Stat("%a %u:%g", l, ".")));
        Assert.Equal("755 0:0", Stat("%a %u:%g", onPlain[1], "."));
        Assert.Equal((alone[0], true), (onPlain[1], onOdd[1] != alone[0]));
        Assert.Equal(onOdd.Take(2), _fixture.Store.Resolve([LayerFixture.DigestOf(odd), LayerFixture.DigestOf(silent)]));
        Assert.Equal(onPlain, _fixture.Store.Resolve([LayerFixture.DigestOf(plain), LayerFixture.DigestOf(silent)]));
    }

    public void Dispose() => _fixture.Dispose();

    private static string Stat(string format, Layer layer, string path) =>
        Command.Run("stat", "-c", format, Path.Combine(layer.Path, path)).Succeeded().Output.Trim();
}
