using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using ContainerTools.Core.Images;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Engine;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Core.Tests.Archives;

/// <summary>Import and export, to and from other tools and ourselves, and archives that are not right.</summary>
public sealed class ArchiveTests : IDisposable
{
    private readonly StoreFixture store = new();
    private readonly StoreFixture second = new();
    private readonly TestImage image = TestImage.Create(2 << 20, "base", "a");

    public void Dispose()
    {
        store.Dispose();
        second.Dispose();
    }

    [Theory]
    [InlineData("oci-archive")]
    [InlineData("docker-archive")]
    public async Task ImportsWhatSkopeoWrites(string transport)
    {
        string source = new LayoutBuilder(PathOf("layout")).AddLayer(image.Tars[0]).AddLayer(image.Tars[1]).Write("1");
        Tools.Skopeo("copy", "--quiet", source, $"{transport}:{PathOf("x.tar")}:localhost/team/x:7").Succeeded();
        var imported = Assert.Single(await ImportAsync("x.tar"));
        Assert.Equal("localhost/team/x:7", imported.ToString());
        Assert.Equal(image.Tars.Select(TestImage.DigestOf), imported.Layers.Select(static l => l.ToString()));
        Assert.True(File.Exists(Path.Combine(store.Images.EnsureLayers(imported, default)[1].Path, "a")));
        store.AssertNothingHalfDone();
    }

    [Theory]
    [InlineData(ExportFormat.Oci, "oci-archive")]
    [InlineData(ExportFormat.Docker, "docker-archive")]
    [InlineData(ExportFormat.Docker, "oci-archive")]
    public async Task OthersReadWhatIsExported(ExportFormat format, string transport)
    {
        var imported = await ImportLayoutAsync("docker.io/library/x:7");
        await store.Images.ExportAsync([imported], PathOf("out.tar"), format, null, default);
        Tools.Skopeo("copy", "--quiet", $"{transport}:{PathOf("out.tar")}", $"oci:{PathOf("copy")}:x").Succeeded();
        var config = JsonNode.Parse(Tools.Skopeo("inspect", "--config", $"oci:{PathOf("copy")}:x").Succeeded().Output)!;
        Assert.Equal(image.Tars.Select(TestImage.DigestOf), config["rootfs"]!["diff_ids"]!.AsArray().Select(static d => (string)d!));

        if (transport == "oci-archive")
        {
            Assert.Equal(0, Tools.Skopeo("inspect", "--raw", $"oci-archive:{PathOf("out.tar")}:docker.io/library/x:7").ExitCode);
        }
    }

    [Theory]
    [InlineData(ExportFormat.Oci)]
    [InlineData(ExportFormat.Docker)]
    public async Task PodmanLoadsWhatIsExportedWithItsName(ExportFormat format)
    {
        var imported = await ImportLayoutAsync("localhost/team/x:7");
        await store.Images.ExportAsync([imported], PathOf("out.tar"), format, null, default);
        string root = PathOf("podman");
        string[] place = ["--root", root, "--runroot", PathOf("podman-run"), "--storage-driver", "vfs"];
        try
        {
            Tools.Podman([.. place, "load", "--quiet", "--input", PathOf("out.tar")]).Succeeded();
            Assert.Equal($"{imported.Id["sha256:".Length..]} localhost/team/x:7", Tools.Podman([.. place, "images", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}"]).Succeeded().Output.Trim().Replace("sha256:", "", StringComparison.Ordinal));
        }
        finally
        {
            Tools.Podman([.. place, "system", "reset", "--force"]);
        }
    }

    [Theory]
    [InlineData(ExportFormat.Oci)]
    [InlineData(ExportFormat.Docker)]
    public async Task ExportAndImportGiveTheSameImages(ExportFormat format)
    {
        var one = await ImportLayoutAsync("x:1");
        var alias = store.Images.Tag(one, ImageReference.Parse("y:2"));
        var other = TestImage.Create("base", "other");
        WriteDocker("other.tar", other, "z:3");
        var three = (await ImportAsync("other.tar"))[0];
        await store.Images.ExportAsync([one, alias, three], PathOf("out.tar"), format, null, default);
        var back = await second.Images.ImportAsync(PathOf("out.tar"), new ImportOptions(), null, default);
        Assert.Equal(["x:1", "y:2", "z:3"], second.Images.List().Select(static i => i.ToString()).Order());
        Assert.Equal(3, back.Count);
        Assert.Equal(one.Digest, second.Images.Get("x:1").Digest);
        Assert.Equal(three.Id, second.Images.Get("z:3").Id);

        // The same images give the same bytes.
        await second.Images.ExportAsync([second.Images.Get("x:1"), second.Images.Get("y:2"), second.Images.Get("z:3")], PathOf("again.tar"), format, null, default);
        Assert.Equal(File.ReadAllBytes(PathOf("out.tar")), File.ReadAllBytes(PathOf("again.tar")));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("zstd")]
    public async Task ImportsOldDockerArchivesCompressedInAnyWay(string compression)
    {
        var twice = TestImage.FromTars(image.Tars[0], image.Tars[1], image.Tars[0]);
        WriteDocker("x.tar", twice, ["x:1", "localhost:5000/y"], oldStyle: true);
        Compress("x.tar", compression);
        var imported = await ImportAsync("x.tar");
        Assert.Equal(["x:1", "localhost:5000/y:latest"], imported.Select(static i => i.ToString()));
        Assert.All(imported, i => Assert.Equal(twice.Id, i.Id));
        Assert.Equal(3, store.Images.EnsureLayers(imported[0], default).Count);
        Assert.Equal(2, store.LayerKeys().Count);
    }

    [Fact]
    public async Task DockerArchiveMayHoldCompressedLayers()
    {
        Write("x.tar", ("c.json", image.Config), ("1.tar.gz", image.Layers[0]), ("2.tar.gz", image.Layers[1]), ("manifest.json", DockerManifest("c.json", ["x:1"], "1.tar.gz", "2.tar.gz")));
        Assert.Equal(image.Id, Assert.Single(await ImportAsync("x.tar")).Id);
    }

    [Fact]
    public async Task NameOfTheCallerReplacesTheArchives()
    {
        WriteDocker("x.tar", image, "x:1");
        var imported = await store.Images.ImportAsync(PathOf("x.tar"), new ImportOptions { Reference = ImageReference.Parse("mine:2") }, null, default);
        Assert.Equal("mine:2", Assert.Single(imported).ToString());
        Assert.Single(store.Images.List());
    }

    [Fact]
    public async Task ArchiveWithoutNamesGivesANamelessImage()
    {
        string source = new LayoutBuilder(PathOf("layout")).AddLayer(image.Tars[0]).Write("latest");
        Tools.Skopeo("copy", "--quiet", source, $"oci-archive:{PathOf("x.tar")}").Succeeded();
        var imported = Assert.Single(await ImportAsync("x.tar"));
        Assert.Null(imported.Reference);
        Assert.Equal(imported.Id, store.Images.Get(imported.ShortId).Id);
    }

    [Fact]
    public async Task ProgressIsReported()
    {
        WriteDocker("x.tar", image, "x:1");
        var phases = new System.Collections.Concurrent.ConcurrentBag<TransferPhase>();
        var imported = await store.Images.ImportAsync(PathOf("x.tar"), new ImportOptions(), new Collect(p => phases.Add(p.Phase)), default);
        Assert.Contains(TransferPhase.Reading, phases);
        Assert.Contains(TransferPhase.Unpacking, phases);
        Assert.Contains(TransferPhase.Done, phases);
        phases.Clear();
        await store.Images.ExportAsync(imported, PathOf("out.tar"), ExportFormat.Oci, new Collect(p => phases.Add(p.Phase)), default);
        Assert.Contains(TransferPhase.Writing, phases);
    }

    [Fact]
    public async Task WhatIsNoArchiveIsOneClearError()
    {
        await FailAsync("missing.tar", "ArchiveNotFound");
        File.WriteAllText(PathOf("x.tar"), "");
        await FailAsync("x.tar", "ArchiveNotImage");
        File.WriteAllBytes(PathOf("x.tar"), TestImage.Noise("x", 100_000));
        await FailAsync("x.tar", "ArchiveInvalid");
        Write("x.tar", ("hello", "x"u8.ToArray()), ("bin/large", TestImage.Noise("y", 2 << 20)));
        Assert.Contains("New-Image", (await FailAsync("x.tar", "ArchiveNotImage")).Message, StringComparison.Ordinal);
        File.WriteAllBytes(PathOf("x.tar"), [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, 0]);
        await FailAsync("x.tar", "ArchiveInvalid");
        Write("x.tar", ("index.json", "nonsense"u8.ToArray()), ("oci-layout", "{}"u8.ToArray()));
        await FailAsync("x.tar", "ManifestInvalid");
        Write("x.tar", ("index.json", """{"schemaVersion":2,"manifests":[]}"""u8.ToArray()));
        await FailAsync("x.tar", "ArchiveEmpty");
        Write("x.tar", ("manifest.json", "nonsense"u8.ToArray()));
        await FailAsync("x.tar", "ArchiveInvalid");
        Write("x.tar", ("manifest.json", "[null]"u8.ToArray()));
        await FailAsync("x.tar", "ArchiveInvalid");
        Write("x.tar", ("manifest.json", "[]"u8.ToArray()));
        await FailAsync("x.tar", "ArchiveEmpty");
        Write("x.tar", ("manifest.json", """[{"Config":"../../etc/passwd","Layers":[]}]"""u8.ToArray()));
        await FailAsync("x.tar", "ArchiveInvalid");
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("zstd")]
    public async Task CutArchiveIsRefused(string compression)
    {
        WriteDocker("x.tar", image, "x:1");
        Compress("x.tar", compression);
        byte[] bytes = File.ReadAllBytes(PathOf("x.tar"));
        File.WriteAllBytes(PathOf("x.tar"), bytes[..(bytes.Length * 2 / 3)]);
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => ImportAsync("x.tar"));
        Assert.Equal(ErrorKind.InvalidData, error.Kind);
        store.AssertNothingVisible();
    }

    [Fact]
    public async Task DigestsInArchivesAreVerified()
    {
        await ImportLayoutAsync("x:1");
        await store.Images.ExportAsync([store.Images.Get("x:1")], PathOf("out.tar"), ExportFormat.Oci, null, default);
        byte[] bytes = File.ReadAllBytes(PathOf("out.tar"));
        bytes[^100_000] ^= 1;
        File.WriteAllBytes(PathOf("bad.tar"), bytes);
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => second.Images.ImportAsync(PathOf("bad.tar"), new ImportOptions(), null, default));
        Assert.Equal("ArchiveDigestMismatch", error.ErrorId);
        second.AssertNothingVisible();

        byte[] config = [.. image.Config];
        config[^3] ^= 1;
        Write("x.tar", ($"{image.Id["sha256:".Length..]}.json", config), ("manifest.json", DockerManifest($"{image.Id["sha256:".Length..]}.json", [])));
        await Assert.ThrowsAsync<ContainerToolsException>(() => second.Images.ImportAsync(PathOf("x.tar"), new ImportOptions(), null, default));
        second.AssertNothingVisible();
    }

    [Fact]
    public async Task ArchiveThatLacksALayerIsRefused()
    {
        Write("x.tar", ("c.json", image.Config), ("1.tar", image.Tars[0]), ("manifest.json", DockerManifest("c.json", ["x:1"], "1.tar", "2.tar")));
        Assert.Contains("2.tar", (await FailAsync("x.tar", "ArchiveInvalid")).Message, StringComparison.Ordinal);
        Write("x.tar", ("c.json", image.Config), ("1.tar", image.Tars[0]), ("manifest.json", DockerManifest("c.json", ["x:1"], "1.tar", "1.tar")));
        await FailAsync("x.tar", "LayerDiffIdMismatch");
        Write("x.tar", ("index.json", TestImage.Json(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(TestImage.Descriptor(MediaTypes.OciManifest, image.Manifest)) })),
            ("blobs/sha256/" + image.Digest["sha256:".Length..], image.Manifest), ("blobs/sha256/" + image.Id["sha256:".Length..], image.Config));
        await FailAsync("x.tar", "ArchiveIncomplete");
    }

    [Fact]
    public async Task NamesInArchivesLeadNowhere()
    {
        string target = PathOf("outside");
        using (var writer = new TarWriter(File.Create(PathOf("x.tar")), TarEntryFormat.Pax))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "layer.tar") { LinkName = "/etc/passwd" });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "loop") { LinkName = "loop" });
            Add(writer, $"../../../../../..{target}", "x"u8.ToArray());
            Add(writer, "c.json", image.Config);
            Add(writer, "manifest.json", DockerManifest("c.json", [], "layer.tar", "loop"));
        }

        await FailAsync("x.tar", "ArchiveInvalid");
        Assert.False(File.Exists(target));
    }

    [Fact]
    public async Task OneNameForSeveralImagesIsRefused()
    {
        var other = TestImage.Create("other");
        Write("x.tar", ("a.json", image.Config), ("1", image.Tars[0]), ("2", image.Tars[1]), ("b.json", other.Config), ("3", other.Tars[0]),
            ("manifest.json", Encoding.UTF8.GetBytes("[" + Encoding.UTF8.GetString(DockerManifest("a.json", ["a:1"], "1", "2"))[1..^1] + "," + Encoding.UTF8.GetString(DockerManifest("b.json", ["b:1"], "3"))[1..])));
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => store.Images.ImportAsync(PathOf("x.tar"), new ImportOptions { Reference = ImageReference.Parse("x") }, null, default));
        Assert.Equal("ArchiveHasSeveralImages", error.ErrorId);
        store.AssertNothingVisible();
        Assert.Equal(2, (await ImportAsync("x.tar")).Count);
    }

    [Fact]
    public async Task ExportLeavesNothingBehindWhenItFails()
    {
        var imported = await ImportLayoutAsync("x:1");
        string blob = Directory.EnumerateFiles(Path.Combine(store.Paths.Content, "blobs", "sha256")).MaxBy(static f => new FileInfo(f).Length)!;
        byte[] bytes = File.ReadAllBytes(blob);
        bytes[1000] ^= 1;
        File.WriteAllBytes(blob, bytes);
        Directory.CreateDirectory(PathOf("out"));
        await ThrowsAsync("ContentDamaged", "out/x.tar");
        File.Delete(blob);
        await ThrowsAsync("ImageContentMissing", "out/x.tar");
        Assert.Empty(Directory.EnumerateFiles(PathOf("out")));
        await ThrowsAsync("ArchiveWriteFailed", "nowhere/x.tar");

        async Task ThrowsAsync(string errorId, string file) =>
            Assert.Equal(errorId, (await Assert.ThrowsAsync<ContainerToolsException>(() => store.Images.ExportAsync([imported], PathOf(file), ExportFormat.Oci, null, default))).ErrorId);
    }

    [Fact]
    public async Task IndexInAnArchiveIsResolvedByPlatform()
    {
        var builder = new LayoutBuilder(PathOf("layout"));
        builder.AddLayer(image.Tars[0]);
        var here = builder.WriteManifest();
        builder.Architecture = "s390x";
        var there = builder.WriteManifest();
        there["platform"]!["architecture"] = "s390x";
        builder.WriteIndex("x:1", there, here);
        System.Formats.Tar.TarFile.CreateFromDirectory(PathOf("layout"), PathOf("x.tar"), includeBaseDirectory: false);
        var imported = Assert.Single(await ImportAsync("x.tar"));
        Assert.Equal(Platform.Current.Architecture, imported.Architecture);
        Assert.NotNull(imported.IndexDigest);
        Assert.Equal("x:1", imported.ToString());
        var other = await store.Images.ImportAsync(PathOf("x.tar"), new ImportOptions { Platform = Platform.Parse("linux/s390x") }, null, default);
        Assert.Equal("s390x", Assert.Single(other).Architecture);
    }

    private static void Add(TarWriter writer, string name, byte[] data) =>
        writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(data), ModificationTime = DateTimeOffset.UnixEpoch });

    private static byte[] DockerManifest(string config, string[] names, params string[] layers) => TestImage.Json(new JsonArray(new JsonObject
    {
        ["Config"] = config,
        ["RepoTags"] = new JsonArray([.. names.Select(static n => (JsonNode)n)]),
        ["Layers"] = new JsonArray([.. layers.Select(static l => (JsonNode)l)]),
    }));

    private string PathOf(string name) => Path.Combine(store.Scratch, name);

    private void Write(string file, params (string Name, byte[] Data)[] entries) => File.WriteAllBytes(PathOf(file), TestImage.Tar(entries));

    private void WriteDocker(string file, TestImage content, string name) => WriteDocker(file, content, [name], oldStyle: false);

    // The old style has a directory for each layer, and a link where an image has a layer twice.
    private void WriteDocker(string file, TestImage content, string[] names, bool oldStyle)
    {
        using var writer = new TarWriter(File.Create(PathOf(file)), TarEntryFormat.Pax);
        var layers = new List<string>();
        for (int i = 0; i < content.Tars.Count; i++)
        {
            string name = oldStyle ? $"{i:x64}/layer.tar" : $"{i}.tar";
            int first = content.Tars.FindIndex(t => t.AsSpan().SequenceEqual(content.Tars[i]));
            if (oldStyle)
            {
                Add(writer, $"{i:x64}/VERSION", "1.0"u8.ToArray());
            }

            if (oldStyle && first < i)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = $"../{first:x64}/layer.tar" });
            }
            else
            {
                Add(writer, name, content.Tars[i]);
            }

            layers.Add(name);
        }

        string config = content.Id["sha256:".Length..] + ".json";
        Add(writer, config, content.Config);
        Add(writer, "manifest.json", DockerManifest(config, names, [.. layers]));
        Add(writer, "repositories", "{}"u8.ToArray());
    }

    private void Compress(string file, string compression)
    {
        byte[] plain = File.ReadAllBytes(PathOf(file));
        using var memory = new MemoryStream();
        switch (compression)
        {
            case "gzip":
                using (var gzip = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true))
                {
                    gzip.Write(plain);
                }

                break;
            case "bzip2":
                using (var bzip2 = new ICSharpCode.SharpZipLib.BZip2.BZip2OutputStream(memory) { IsStreamOwner = false })
                {
                    bzip2.Write(plain);
                }

                break;
            case "zstd":
                using (var zstd = new ZstdSharp.CompressionStream(memory, leaveOpen: true))
                {
                    zstd.Write(plain);
                }

                break;
            default:
                return;
        }

        File.WriteAllBytes(PathOf(file), memory.ToArray());
    }

    private async Task<Image> ImportLayoutAsync(string name)
    {
        string source = new LayoutBuilder(PathOf("layout-in")).AddLayer(image.Tars[0]).AddLayer(image.Tars[1]).Write("1");
        Tools.Skopeo("copy", "--quiet", source, $"oci-archive:{PathOf("in.tar")}").Succeeded();
        return (await store.Images.ImportAsync(PathOf("in.tar"), new ImportOptions { Reference = ImageReference.Parse(name) }, null, default))[0];
    }

    private Task<IReadOnlyList<Image>> ImportAsync(string file) => store.Images.ImportAsync(PathOf(file), new ImportOptions(), null, default);

    private async Task<ContainerToolsException> FailAsync(string file, string errorId)
    {
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => ImportAsync(file));
        Assert.True(errorId == error.ErrorId, $"{error.ErrorId}: {error.Message}\n{error.InnerException}");
        Assert.Empty(store.BlobFiles());
        Assert.Empty(store.LayerKeys());
        store.AssertNothingVisible();
        return error;
    }

    private sealed class Collect(Action<TransferProgress> take) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => take(value);
    }
}
