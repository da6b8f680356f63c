using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

/// <summary>FROM and COPY --from with what a registry has.</summary>
[Collection(ModuleCollection.Name)]
public sealed class BuildPullTests : IDisposable
{
    private static readonly string s_other = LayoutBuilder.CurrentArchitecture == "arm64" ? "amd64" : "arm64";

    private readonly ModuleFixture _module;
    private readonly TemporaryDirectory _context = new("ctbuild");
    private TestRegistry? _registry = new();

    public BuildPullTests(ModuleFixture module) => _module = module;

    public void Dispose()
    {
        _module.Run("Get-Image | Where-Object { $_.Reference -notlike '*test/busybox*' } | Remove-Image -Force").Succeeded();
        _registry?.Dispose();
        _context.Dispose();
    }

    [Fact]
    public void What_is_not_here_is_pulled_once_and_asked_for_only_when_told()
    {
        string name = Push("app:1", "one");
        Write($"FROM {name}\nRUN echo from $WHICH > /which\n");
        Assert.Equal("from one", Which());
        Push("app:1", "two");
        int requests = Requests();

        // It is here: nobody is asked.
        Assert.Equal("from one", Which());
        Assert.Equal(requests, Requests());

        // -Pull asks, and takes what is newer, whose steps are to be executed.
        Assert.Equal("from two", Which("-Pull"));
        int blobs = Blobs();
        Assert.Equal("from two", Which("-Pull"));
        Assert.Equal(blobs, Blobs());

        // Without the registry, only -Pull fails.
        _registry!.Dispose();
        _registry = null;
        Assert.Equal("from two", Which());
        var error = Assert.Single(Build("-Pull").Errors);
        Assert.Equal("RegistryUnavailable", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("Containerfile:1:1:", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("from two", Which());
    }

    [Fact]
    public void A_digest_names_one_image_for_ever()
    {
        string name = Push("app:1", "one");
        string digest = Tools.Skopeo("inspect", "--tls-verify=false", "--format", "{{.Digest}}", "docker://" + name).Succeeded().Output.Trim();
        Push("app:1", "two");
        Write($"FROM {name}@{digest}\nRUN echo $WHICH > /which\n");
        Assert.Equal("one", Which());
        Assert.Equal("one", Which("-Pull"));
        Write($"FROM {name.Split(":1")[0]}@{digest} AS first\nFROM {name}\nCOPY --from=first /note /which\n");
        Assert.Equal("one", Which());
        Write($"FROM {name}@sha256:{new string('0', 64)}\nRUN true\n");
        Assert.Equal("RegistryImageNotFound", Assert.Single(Build("").Errors).FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void Of_an_index_each_platform_gets_its_own()
    {
        string name = PushIndex("multi:1");
        Write($"FROM --platform=$BUILDPLATFORM {name} AS tools\nRUN echo tools of $WHICH > /which\nFROM {name}\nCOPY --from=tools /which /which\nARG TARGETARCH\nLABEL target=$TARGETARCH\n");
        Assert.Equal([s_other, s_other, s_other], Platforms($"-Platform linux/{s_other}"));
        Assert.Equal([LayoutBuilder.CurrentArchitecture, LayoutBuilder.CurrentArchitecture, LayoutBuilder.CurrentArchitecture], Platforms(""));
        Assert.Equal("tools of " + LayoutBuilder.CurrentArchitecture, Which());

        Write($"FROM --platform=linux/mips {name}\n");
        var error = Assert.Single(Build("").Errors);
        Assert.Contains("linux/mips", error.ToString(), StringComparison.Ordinal);
        Assert.Contains($"linux/{s_other}", error.ToString(), StringComparison.Ordinal);

        // An image of one platform is for that one, and is used with a warning.
        string single = Push("single:1", "one");
        Write($"FROM scratch\nCOPY --from={single} /note /which\n");
        var built = Build($"-Platform linux/{s_other}").Succeeded();
        Assert.Contains(built.Warnings, w => w.Message.Contains("InvalidBaseImagePlatform", StringComparison.Ordinal));
    }

    [Fact]
    public void A_base_that_its_registry_does_not_give_is_an_error_of_its_line()
    {
        Push("app:1", "one");
        Write($"FROM scratch\nFROM {_registry!.Reference("no/such:1")}\nRUN true\n");
        var error = Assert.Single(Build("").Errors);
        Assert.Equal("RegistryImageNotFound", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("Containerfile:2:1:", error.ToString(), StringComparison.Ordinal);
        using var closed = new TestRegistry("someone", "secret");
        Write($"FROM {closed.Reference("app:1")}\nRUN true\n");
        Assert.Equal("RegistryAuthenticationFailed", Assert.Single(Build("").Errors).FullyQualifiedErrorId.Split(',')[0]);
    }

    private string Push(string nameAndTag, string which)
    {
        using var directory = new TemporaryDirectory("ctimg");
        return _registry!.Push(Image(directory, which).Write("latest"), nameAndTag);
    }

    private string PushIndex(string nameAndTag)
    {
        using var directory = new TemporaryDirectory("ctimg");
        var here = Image(directory, LayoutBuilder.CurrentArchitecture).WriteManifest();
        var other = Image(directory, s_other);
        other.Architecture = s_other;
        string source = other.WriteIndex("latest", here, other.WriteManifest());
        Tools.Skopeo("copy", "--quiet", "--all", "--dest-tls-verify=false", source, "docker://" + _registry!.Reference(nameAndTag)).Succeeded();
        return _registry.Reference(nameAndTag);
    }

    private static LayoutBuilder Image(TemporaryDirectory directory, string which)
    {
        var layout = new LayoutBuilder(directory).AddLayer(BusyboxImage.LayerTar);
        string root = directory["note-" + which];
        Directory.CreateDirectory(root);
        File.WriteAllText(Path.Combine(root, "note"), which + "\n");
        Command.Run("tar", "-C", root, "--owner=0", "--group=0", "-cf", directory["note.tar"], "note").Succeeded();
        layout.AddLayerFile(directory["note.tar"]);
        layout.Config["Env"] = new System.Text.Json.Nodes.JsonArray("PATH=/bin", "WHICH=" + which);
        return layout;
    }

    private string Which(string parameters = "")
    {
        Build(parameters).Succeeded();
        return _module.Run("Invoke-Container test/pulled:1 -Entrypoint cat /which").Succeeded().Lines.Single()!;
    }

    private IReadOnlyList<string?> Platforms(string parameters)
    {
        Build(parameters).Succeeded();
        return _module.Run("$i = Get-Image test/pulled:1; $i.Architecture; $i.Config.Config.Labels['target']; $i.Config.Config.Env[1] -replace 'WHICH='").Succeeded().Lines;
    }

    private ScriptResult Build(string parameters) => _module.Run($"Build-Image $args[0] -Tag test/pulled:1 -Network none {parameters}", _context.Path);

    private int Requests() => _registry!.ReadLog().Split("http.request.method").Length;

    private int Blobs() => _registry!.ReadLog().Split('\n').Count(l => l.Contains("/blobs/", StringComparison.Ordinal) && l.Contains("http.request.method=GET", StringComparison.Ordinal));

    private void Write(string text) => File.WriteAllText(_context["Containerfile"], text);
}
