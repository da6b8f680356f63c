using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Layers;

public sealed class HostileLayerTests : IDisposable
{
    private readonly LayerFixture _fixture = new();

    public static TheoryData<string, string> Archives() => new()
    {
        { "../x", "LayerPathEscapes" },
        { "a/../../x", "LayerPathEscapes" },
        { "/x", "LayerPathEscapes" },
        { "link to /", "LayerPathEscapes" },
        { "link to ..", "LayerPathEscapes" },
        { "link to link out", "LayerPathEscapes" },
        { "link loop", "LayerEntryInvalid" },
        { "whiteout through a link out", "LayerPathEscapes" },
        { "hard link out", "LayerPathEscapes" },
        { "hard link out, absolute", "LayerHardLinkInvalid" },
        { "hard link through a link out", "LayerPathEscapes" },
        { "hard link to a directory", "LayerHardLinkInvalid" },
        { "hard link to a whiteout", "LayerHardLinkInvalid" },
        { "hard link through a whiteout", "LayerHardLinkInvalid" },
        { "whiteout of ..", "LayerWhiteoutInvalid" },
        { "whiteout of .", "LayerWhiteoutInvalid" },
        { "whiteout of nothing", "LayerWhiteoutInvalid" },
        { "below a whiteout", "LayerEntryInvalid" },
        { "2^60 bytes", "TarInvalid" },
        { "negative size", "TarInvalid" },
        { "cut short", "TarInvalid" },
        { "cut in a header", "TarInvalid" },
        { "wrong checksum", "TarInvalid" },
        { "not a tar", "TarInvalid" },
        { "through a file", "LayerEntryInvalid" },
        { "root is a file", "LayerEntryInvalid" },
        { "empty name", "LayerEntryInvalid" },
        { "long name", "LayerEntryInvalid" },
        { "long path", "LayerEntryInvalid" },
        { "unknown type", "LayerEntryUnsupported" },
        { "huge pax header", "TarInvalid" },
        { "owner out of range", "TarInvalid" },
        { "sparse beyond its end", "TarInvalid" },
    };

    [Theory]
    [MemberData(nameof(Archives))]
    public void AHostileLayerIsOneErrorAndLeavesNothing(string archive, string errorId)
    {
        // What must not be touched lies beside the store and in it.
        string outside = Path.Combine(_fixture.Directory, "x");
        byte[] tar = Make(archive);
        var error = Assert.ThrowsAny<ContainerToolsException>(() => Unpack(tar));
        Assert.Equal((errorId, archive == "unknown type" ? ErrorKind.NotSupported : ErrorKind.InvalidData), (error.ErrorId, error.Kind));
        Assert.False(File.Exists(outside));
        Assert.Empty(_fixture.Entries());

        // The next correct call works.
        Assert.Single(_fixture.Add(new RawTar().File("good").ToArray()));
    }

    [Fact]
    public void AHostileLayerCannotReachTheHost()
    {
        using var victim = new TemporaryDirectory("ctvictim");
        File.WriteAllText(victim["file"], "mine");
        foreach (byte[] tar in (byte[][])[
            new RawTar().Link("a", victim.Path).File("a/file", "yours").ToArray(),
            new RawTar().Link("a", victim.Path).File("a/.wh.file", "").ToArray(),
            new RawTar().Link("a", victim.Path).Directory("a/sub").ToArray(),
            new RawTar().Link("a", victim["file"]).HardLink("b", "a").File("b", "yours").ToArray(),
            new RawTar().HardLink("b", victim["file"]).File("b", "yours").ToArray(),
            new RawTar().Link("a", victim["file"]).File("a", "yours").ToArray(),
            new RawTar().Link("a", victim.Path).Directory("a", 0x1FF).File("a/file", "yours").ToArray(),
        ])
        {
            try
            {
                _fixture.Add(tar);
            }
            catch (ContainerToolsException)
            {
                // Some are errors, some are fine: what counts is the victim.
            }

            Assert.Equal("mine", File.ReadAllText(victim["file"]));
            Assert.Equal([victim["file"]], Directory.EnumerateFileSystemEntries(victim));
            Assert.NotEqual(UnixFileMode.OtherWrite, File.GetUnixFileMode(victim) & UnixFileMode.OtherWrite);
        }
    }

    [Fact]
    public void ADeviceNodeOfALayerStaysInTheLayer()
    {
        var layer = _fixture.Add(new RawTar().Device("dev/null", 1, 3).ToArray())[0];
        Assert.Equal("character special file 1:3", Command.Run("stat", "-c", "%F %t:%T", Path.Combine(layer.Path, "dev/null")).Succeeded().Output.Trim());
    }

    [Fact]
    public void OverlaysOwnAttributesAreLeftOut()
    {
        var tar = new RawTar()
            .Pax(("SCHILY.xattr.trusted.overlay.redirect", "/etc"u8.ToArray()), ("SCHILY.xattr.trusted.overlay.opaque", "y"u8.ToArray()), ("SCHILY.xattr.user.kept", "v"u8.ToArray()))
            .Directory("d/");
        var layer = _fixture.Add(tar.ToArray())[0];
        string attributes = Command.Run("getfattr", "-d", "-m", "-", Path.Combine(layer.Path, "d")).Succeeded().Output;
        Assert.Contains("user.kept", attributes, StringComparison.Ordinal);
        Assert.DoesNotContain("overlay", attributes, StringComparison.Ordinal);
    }

    [Fact]
    public void ASourceThatFailsIsToldAsItIs()
    {
        var failure = new IOException("the line went dead");
        Assert.Same(failure, Assert.Throws<IOException>(() => _fixture.Store.Unpack(new FailingStream(new RawTar().File("a").ToArray(end: false), failure))));
        Assert.Empty(_fixture.Entries());
    }

    [Fact]
    public void UnpackingCanBeCancelled()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => _fixture.Store.Unpack(new RawTar().File("a").ToStream(), source.Token));
        Assert.Empty(_fixture.Entries());
    }

    public void Dispose() => _fixture.Dispose();

    private void Unpack(byte[] tar)
    {
        using var staged = _fixture.Store.Unpack(new MemoryStream(tar));
        _fixture.Store.Commit(staged, LayerFixture.DigestOf(tar), []);
    }

    private static byte[] Make(string archive)
    {
        var tar = new RawTar();
        return archive switch
        {
            "../x" => tar.File("../x").ToArray(),
            "a/../../x" => tar.File("a/../../x").ToArray(),
            "/x" => tar.File("/x").ToArray(),
            "link to /" => tar.Link("a", "/").File("a/x").ToArray(),
            "link to .." => tar.Directory("d").Link("d/a", "../..").File("d/a/x").ToArray(),
            "link to link out" => tar.Link("b", "..").Link("a", "b").File("a/x").ToArray(),
            "link loop" => tar.Link("a", "b").Link("b", "a").File("a/x").ToArray(),
            "whiteout through a link out" => tar.Link("a", "..").File("a/.wh.x", "").ToArray(),
            "hard link out" => tar.HardLink("x", "../../etc/passwd").ToArray(),
            "hard link out, absolute" => tar.HardLink("x", "/etc/passwd").ToArray(),
            "hard link through a link out" => tar.Link("a", "/etc").HardLink("x", "a/passwd").ToArray(),
            "hard link to a directory" => tar.Directory("d").HardLink("x", "d").ToArray(),
            "hard link to a whiteout" => tar.File("a/.wh.b", "").HardLink("x", "a/.wh.b").ToArray(),
            "hard link through a whiteout" => tar.File(".wh.b", "").HardLink("x", "b").ToArray(),
            "whiteout of .." => tar.File("a/.wh...", "").ToArray(),
            "whiteout of ." => tar.File("a/.wh..", "").ToArray(),
            "whiteout of nothing" => tar.File("a/.wh.", "").ToArray(),
            "below a whiteout" => tar.File(".wh.a/x", "").ToArray(),
            "2^60 bytes" => tar.Add("x", '0', rawSize: [0x80, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]).ToArray(),
            "negative size" => tar.Add("x", '0', rawSize: [.. Enumerable.Repeat((byte)0xff, 12)]).ToArray(),
            "cut short" => tar.File("x", new string('x', 5000)).ToArray(end: false)[..3000],
            "cut in a header" => tar.File("x").File("y").ToArray(end: false)[..1100],
            "wrong checksum" => tar.Add("x", '0', spoilChecksum: true).ToArray(),
            "not a tar" => [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * 7))],
            "through a file" => tar.File("a").File("a/x").ToArray(),
            "root is a file" => tar.File("./").Add("./.", '0').ToArray(),
            "empty name" => tar.File("").ToArray(),
            "long name" => tar.Pax("path", new string('n', 256)).File("x").ToArray(),
            "long path" => tar.Pax("path", string.Concat(Enumerable.Repeat("abcdefg/", 600)) + "x").File("x").ToArray(),
            "unknown type" => tar.Add("x", 'Q').ToArray(),
            "huge pax header" => tar.Add("pax", 'x', size: 1 << 30).ToArray(),
            "owner out of range" => tar.Pax("uid", "4294967295").File("x").ToArray(),
            "sparse beyond its end" => tar.Pax(("GNU.sparse.size", "10"u8.ToArray()), ("GNU.sparse.map", "0,5,8,5"u8.ToArray())).Add("x", '0', content: new byte[10]).ToArray(),
            _ => throw new ArgumentException(archive),
        };
    }

    private sealed class FailingStream(byte[] first, Exception failure) : MemoryStream(first)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, count) is > 0 and var read ? read : throw failure;
    }
}
