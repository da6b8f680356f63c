using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Layers;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Layers;

/// <summary>Copies of layers with other owners, made by the host's root: the work that a process of an ordinary user's namespace does for him.</summary>
public sealed class LayerCopyTests : IDisposable
{
    // 0 to 9 inside are 1000 to 1009 on disk, 50 is 7; others are nobody's.
    private static readonly IdRange s_ids = new()
    {
        Size = 0,
        Shared = true,
        UserMap = [new() { Inside = 0, Outside = 1000, Count = 10 }, new() { Inside = 50, Outside = 7, Count = 1 }],
        GroupMap = [new() { Inside = 0, Outside = 2000, Count = 100 }],
    };

    private readonly LayerFixture _fixture = new();
    private readonly LayerOwners _owners = LayerOwners.Of(s_ids)!;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void AllButTheOwnersIsAsInTheLayer()
    {
        // cap_net_raw+ep, as capabilities(7) has it, for the namespace's own root.
        byte[] capability = Convert.FromHexString("0100000200200000000000000000000000000000");
        var layers = _fixture.Add(
            new RawTar().Directory("d/").File("d/gone").File("hidden/x").ToArray(),
            new RawTar().File("f", "content", 0x9ED /* 04755 */, 5).HardLink("hard", "f").Link("soft", "f").Device("device", 1, 3).Directory("d/", 0x5ED /* 02755 */, 50).File("d/.wh.gone", "").Directory("hidden/")
                .File("hidden/.wh..wh..opq", "").File("nobody", owner: 11).Pax(("SCHILY.xattr.security.capability", capability)).File("cap", owner: 9).Pax(("SCHILY.xattr.user.note", [1, 0, 2])).File("note").ToArray());
        var copy = _fixture.Store.WithOwners(layers[1].Key, _owners, CancellationToken.None);
        Assert.Equal((_owners.KeyFor(layers[1].Key), layers[1].Key, layers[1].DiffId, layers[1].Size), (copy.Key, copy.CopyOf, copy.DiffId, copy.Size));
        Assert.Equal(
            ["cap 1009:2009", "d 7:2050", "d/gone 1000:2050", "device 1000:2000", "f 1005:2005", "hard 1005:2005", "hidden 1000:2000", "nobody 0:2011", "note 1000:2000", "soft 1000:2000"],
            Find(copy, "%P %U:%G"));
        const string Others = "%P %y %m %s %T@ %n %l";
        Assert.Equal(Find(layers[1], Others), Find(copy, Others));
        Assert.Equal(Find(layers[1], "%P %i", "hard", "f").Select(l => l.Split(' ')[1]).Distinct().Count(), Find(copy, "%P %i", "hard", "f").Select(l => l.Split(' ')[1]).Distinct().Count());
        Assert.Equal(Device(layers[1], "device"), Device(copy, "device"));
        Assert.Equal(Device(layers[1], "d/gone"), Device(copy, "d/gone"));
        Assert.Equal("0x010002", Attribute(copy, "note", "user.note"));
        Assert.Equal("0x79", Attribute(copy, "hidden", "trusted.overlay.opaque"));
        // Version 3, for the container's root.
        Assert.Equal("0x0100000300200000000000000000000000000000e8030000", Attribute(copy, "cap", "security.capability"));
        Assert.Equal(["cap", "d", "device", "f", "hard", "hidden", "nobody", "note", "soft"],
            Command.Run("ls", _fixture.Mount([_fixture.Store.WithOwners(layers[0].Key, _owners, CancellationToken.None), copy])).Succeeded().Lines);
        // The same layer again, and what images have, are not found in its place.
        Assert.Equal(copy, _fixture.Store.WithOwners(layers[1].Key, LayerOwners.Parse(_owners.ToString()), CancellationToken.None));
        Assert.Equal(layers, _fixture.Store.Resolve([layers[0].DiffId, layers[1].DiffId]));
        Assert.Equal(4, _fixture.Store.List().Count);
    }

    [Fact]
    public void SeveralAtOnceMakeOne()
    {
        var layer = _fixture.Add(new RawTar().File("f", new string('x', 1 << 20), owner: 3).ToArray())[0];
        var copies = Enumerable.Range(0, 8).AsParallel().WithDegreeOfParallelism(8).Select(_ => new LayerStore(_fixture.Paths).WithOwners(layer.Key, _owners, CancellationToken.None)).ToList();
        Assert.Single(copies.Distinct());
        Assert.Equal(new[] { layer.Key, copies[0].Key }.Order(), _fixture.Entries().Order());
    }

    [Fact]
    public void NothingIsLeftOfOneThatFails()
    {
        var missing = Assert.Throws<ContainerToolsException>(() => _fixture.Store.WithOwners(new string('a', 64), _owners, CancellationToken.None));
        Assert.Equal("LayerNotFound", missing.ErrorId);
        var layer = _fixture.Add(new RawTar().File("f").ToArray())[0];
        Assert.ThrowsAny<OperationCanceledException>(() => _fixture.Store.WithOwners(layer.Key, _owners, new CancellationToken(canceled: true)));
        Assert.Equal([layer.Key], _fixture.Entries());
        // What has no marker is no copy, and out of the way of the one that is made.
        Directory.CreateDirectory(Path.Combine(_fixture.Paths.Layers, _owners.KeyFor(layer.Key), "fs"));
        Assert.True(File.Exists(Path.Combine(_fixture.Store.WithOwners(layer.Key, _owners, CancellationToken.None).Path, "f")));
        _fixture.Store.CollectGarbage();
        Assert.Equal(2, _fixture.Entries().Count);
    }

    [Fact]
    public void IdsThatAreTheSameNeedNone()
    {
        Assert.Null(LayerOwners.Of(null));
        Assert.Null(LayerOwners.Of(new IdRange { HostStart = 100_000 }));
        Assert.Null(LayerOwners.Of(new IdRange { Size = 0, Shared = true, UserMap = [new() { Inside = 0, Outside = 0, Count = 5 }], GroupMap = [new() { Inside = 0, Outside = 0, Count = 9 }] }));
        Assert.NotEqual(_owners.KeyFor("a"), LayerOwners.Parse("0:1000:10;0:2000:100").KeyFor("a"));
        Assert.Throws<FormatException>(() => LayerOwners.Parse("0:1000;0:2000:100"));
    }

    private static List<string> Find(Layer layer, string format, params IReadOnlyList<string> names) =>
        Command.Run("find", layer.Path, "-mindepth", "1", "-printf", format + "\n").Succeeded().Lines.Where(l => names.Count == 0 || names.Contains(l.Split(' ')[0])).Order(StringComparer.Ordinal).ToList();

    private static string Device(Layer layer, string name) => Command.Run("stat", "-c", "%F %t:%T", Path.Combine(layer.Path, name)).Succeeded().Output;

    private static string Attribute(Layer layer, string name, string attribute) =>
        Command.Run("getfattr", "--absolute-names", "-e", "hex", "-n", attribute, Path.Combine(layer.Path, name)).Succeeded().Lines.Single(l => l.StartsWith(attribute, StringComparison.Ordinal)).Split('=')[1];
}
