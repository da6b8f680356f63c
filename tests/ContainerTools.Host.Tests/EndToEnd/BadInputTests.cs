using System.Text;
using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.EndToEnd;

/// <summary>
/// Wrong input, end to end: one clear error with a specific id, nothing outside the store touched, and the next correct call works.
/// (Broken answers of registries are tested against a registry made for it in Core's tests.)
/// </summary>
[Collection(MachineCollection.Name)]
public sealed class BadInputTests(BadInputTests.Images images) : IClassFixture<BadInputTests.Images>, IDisposable
{
    private const string Works = "Invoke-Container $good -- echo works";

    private readonly TemporaryStore _store = new();

    [Fact]
    public void UnknownImagesTagsAndRegistries()
    {
        var closed = FreePort();
        AssertErrors(
            ($"Save-Image {images.Registry.Host}/nothing:1", "RegistryImageNotFound|ObjectNotFound|", "nothing"),
            ($"Save-Image {images.Registry.Host}/busybox:no-such-tag", "RegistryImageNotFound|ObjectNotFound|", "no-such-tag"),
            ($"Save-Image localhost:{closed}/busybox:1", "RegistryUnavailable|", $"localhost:{closed}"),
            ("Save-Image 'Not A Reference'", "InvalidImageReference|InvalidArgument|", "Not A Reference"),
            ("New-Container no-such-image true", "ImageNotFound|ObjectNotFound|", "no-such-image"),
            ("Get-Image no-such-image", "ImageNotFound|ObjectNotFound|", "no-such-image"),
            ("Remove-Image no-such-image", "ImageNotFound|ObjectNotFound|", "no-such-image"),
            ("Get-Container no-such-container", "ContainerNotFound|ObjectNotFound|", "no-such-container"),
            ("Start-Container no-such-container", "ContainerNotFound|ObjectNotFound|", "no-such-container"),
            ("Get-Volume no-such-volume", "VolumeNotFound|ObjectNotFound|", "no-such-volume"));
    }

    [Theory]
    [InlineData("dotdot")]
    [InlineData("absolute")]
    [InlineData("through-symlink")]
    [InlineData("hardlink-out")]
    [InlineData("whiteout-dotdot")]
    [InlineData("huge")]
    [InlineData("not-a-tar")]
    [InlineData("cut-tar")]
    [InlineData("cut-gzip")]
    [InlineData("wrong-diffid")]
    public void HostileLayers(string kind)
    {
        File.WriteAllText(Images.Canary, "alive");
        var result = HostShell.Run(_store, $$"""
            $good = (Save-Image {{images.Good}}).Reference
            Attempt { Save-Image {{images.Registry.Host}}/hostile:{{kind}} }
            (Get-Image).Count
            {{Works}}
            """).Succeeded();
        // Names that leave the root by '..' or '/' may also be taken as names inside it, as tar itself does; then the pull succeeds.
        var mayBeContained = kind is "absolute" or "dotdot" or "through-symlink" or "hardlink-out";
        if (result.Lines[0] != "no error" || !mayBeContained)
        {
            Assert.Matches("^(Layer|Image|Archive|Tar)[A-Za-z]+\\|InvalidData\\|", result.Lines[0]);
            Assert.Equal("1", result.Lines[1]);
        }
        Assert.Equal("works", result.Lines[2]);
        Assert.Equal("alive", File.ReadAllText(Images.Canary));
        Assert.False(File.Exists(Images.Escape), "a layer wrote outside the store");
        Assert.Empty(Directory.EnumerateFiles("/", "escaped-*"));
    }

    [Fact]
    public void ADeviceNodeInALayerIsKeptAndOpensNothing()
    {
        var result = HostShell.Run(_store, $$"""
            $null = Save-Image {{images.Registry.Host}}/hostile:device
            Invoke-Container {{images.Registry.Host}}/hostile:device -- sh -c 'stat -c "%F %t:%T" /disk; cat /disk 2>&1 >/dev/null || echo refused'
            """).Succeeded();
        Assert.Equal("block special file fe:0", result.Lines[0]);
        Assert.Equal("refused", result.Lines[^1]);
    }

    [Fact]
    public void CommandsDirectoriesAndUsersThatAreNotThere()
    {
        AssertErrors(
            ("New-Container $good -Name cc no-such-command | Start-Container", "CommandNotFound|ObjectNotFound|", "no-such-command"),
            ("New-Container $good -Name dd /etc/passwd | Start-Container", "CommandNotExecutable|", "/etc/passwd"),
            ("New-Container $good -Name ee -WorkingDirectory /etc/passwd/x true | Start-Container", "WorkingDirectoryNotFound|", "/etc/passwd/x"),
            ("New-Container $good -Name ff -User nobody-knows true | Start-Container", "UserNotFound|ObjectNotFound|", "nobody-knows"),
            ("New-Container $good -Name gg -User root:no-group true | Start-Container", "GroupNotFound|ObjectNotFound|", "no-group"),
            ("New-Container $good -Name gg true", "ContainerNameInUse|ResourceExists|", "gg"),
            ("New-Container $good -Name 'bad name' true", "InvalidContainerName|InvalidArgument|", "bad name"),
            ("New-Container $good -Volume /no/such/source:/x true | Start-Container", "BindSourceNotFound|ObjectNotFound|", "/no/such/source"),
            ("New-Volume vv; New-Container $good -Volume vv:/v true; Remove-Volume vv", "VolumeInUse|ResourceBusy|", "vv"));
    }

    [Fact]
    public void AFullDisk()
    {
        // The store on 60 MB: a Debian image does not fit, busybox does.
        Directory.CreateDirectory(_store.Root);
        Command.Run("mount", "-t", "tmpfs", "-o", "size=60m,mode=700", "tests", _store.Root).Succeeded();
        var debian = DebianImages.Push(images.Registry);
        var result = HostShell.Run(_store, $$"""
            $good = (Save-Image {{images.Good}}).Reference
            $before = (Get-ChildItem "$env:CONTAINERTOOLS_ROOT/layers" -Directory).Count
            Attempt { Save-Image {{debian}} }
            (Get-Image).Count
            (Get-ChildItem "$env:CONTAINERTOOLS_ROOT/layers" -Directory).Count - $before
            {{Works}}
            """).Succeeded();
        Assert.StartsWith("StorageFull|ResourceUnavailable|", result.Lines[0], StringComparison.Ordinal);
        Assert.Equal(["1", "0", "works"], result.Lines.Skip(1));
    }

    public void Dispose() => _store.Dispose();

    private void AssertErrors(params (string Command, string Start, string Mentions)[] cases)
    {
        var result = HostShell.Run(_store, $"$good = (Save-Image {images.Good}).Reference\n" + string.Join('\n', cases.Select(c => $"Attempt {{ {c.Command} }}")) + $"\n{Works}").Succeeded();
        // One message is one line: an error that spans lines would shift those after it.
        Assert.Equal(cases.Length + 1, result.Lines.Count);
        foreach (var (test, line) in cases.Zip(result.Lines))
        {
            Assert.True(line.StartsWith(test.Start, StringComparison.Ordinal) && line.Contains(test.Mentions, StringComparison.Ordinal), $"{test.Command}\n  gave: {line}\n  not:  {test.Start}...{test.Mentions}");
        }
        Assert.Equal("works", result.Lines[^1]);
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A registry with one good image and one image of each bad kind.</summary>
    public sealed class Images : IDisposable
    {
        private readonly TemporaryDirectory _directory = new();

        public Images()
        {
            Good = BusyboxImage.Push(Registry);
            foreach (var (kind, tar) in HostileTars())
            {
                Push(kind, layout => layout.AddLayer(tar));
            }
            var valid = new RawTar().File("file", new string('x', 100_000)).ToArray();
            Push("cut-tar", layout => layout.AddLayer(valid[..50_000]));
            var gzip = LayoutBuilder.Compress(valid);
            Push("cut-gzip", layout => layout.AddLayerBlob(gzip[..(gzip.Length / 2)], "application/vnd.oci.image.layer.v1.tar+gzip", LayoutBuilder.DigestOf(valid)));
            Push("wrong-diffid", layout => layout.AddLayer(valid, diffId: LayoutBuilder.DigestOf([1, 2, 3])));
        }

        /// <summary>A file of the host that hostile layers aim at.</summary>
        public static string Canary { get; } = "/tmp/containertools-tests-canary";

        /// <summary>A file that a hostile layer would make.</summary>
        public static string Escape { get; } = "/tmp/containertools-tests-escaped";

        public TestRegistry Registry { get; } = new();

        public string Good { get; }

        public void Dispose()
        {
            File.Delete(Canary);
            Registry.Dispose();
            _directory.Dispose();
        }

        private void Push(string kind, Action<LayoutBuilder> build)
        {
            var layout = new LayoutBuilder(_directory[kind]).AddLayer(BusyboxImage.LayerTar);
            layout.Config["Env"] = new System.Text.Json.Nodes.JsonArray("PATH=/bin");
            build(layout);
            Registry.Push(layout.Write("latest"), $"hostile:{kind}");
        }

        private static IEnumerable<(string Kind, byte[] Tar)> HostileTars()
        {
            var up = string.Concat(Enumerable.Repeat("../", 20));
            yield return ("dotdot", new RawTar().File(up + Escape[1..], "escaped").ToArray());
            yield return ("absolute", new RawTar().File(Escape, "escaped").ToArray());
            yield return ("through-symlink", new RawTar().Link("link", "/").File("link" + Escape, "escaped").File("link" + Canary, "changed").ToArray());
            yield return ("hardlink-out", new RawTar().HardLink("canary", up + Canary[1..]).File("canary", "changed").ToArray());
            yield return ("whiteout-dotdot", new RawTar().File("tmp/.wh...", "").ToArray());
            yield return ("huge", new RawTar().Add("huge", '0', rawSize: [0x80, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]).ToArray());
            yield return ("not-a-tar", Encoding.UTF8.GetBytes(new string('z', 5000)));
            yield return ("device", new RawTar().Add("disk", '4', device: (254, 0)).ToArray());
        }
    }
}
