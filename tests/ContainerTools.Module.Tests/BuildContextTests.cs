using System.Management.Automation;
using System.Net;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class BuildContextTests(ModuleFixture module) : BuildTest(module)
{
    private const string Text = "FROM test/busybox:1\nCOPY src /src\nCMD cat /src/a.txt; ls /src; stat -c %u:%g /src/a.txt\n";

    private static readonly string[] Expected = ["hello", "a.txt", "link", "sub", "0:0"];

    [Fact]
    public void A_context_can_be_an_archive_or_come_from_the_pipeline()
    {
        Write(Text);
        Shell("mkdir ../$(basename $PWD).x; tar -czf ../$(basename $PWD).x/context.tar.gz .");
        using var elsewhere = new Removed(Context.Path + ".x");
        string archive = Path.Combine(Context.Path + ".x", "context.tar.gz");
        Build(archive, "$args[0]");
        Build(archive, "- -File src/../Containerfile", "[IO.FileInfo]::new($args[0]) | ");
        Build(archive, "-", "[IO.File]::ReadAllBytes($args[0]) | ");
        Build(archive, "-", ", [IO.File]::ReadAllBytes($args[0]) | ");

        // A Containerfile alone has no files, and one from the pipeline may have a directory.
        Module.Run("'FROM test/busybox:1', 'CMD echo alone' | Build-Image - -Tag test/built:1").Succeeded();
        Assert.Equal(["alone"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Build(Context["Containerfile"], $"{Context.Path} -File -", "[IO.FileInfo]::new($args[0]) | ");
        Build(Context["Containerfile"], $"{Context.Path} -File -", "[IO.File]::ReadAllText($args[0]) | ");
        var standard = Command.Run("pwsh", ["-NoProfile", "-c", $"Import-Module {RepositoryPaths.ModuleManifest}; (Build-Image - -Tag test/built:2).Reference.Familiar"], Module.Store.Environment, input: "FROM test/busybox:1\nCMD [\"echo\", \"standard\"]\n").Succeeded();
        Assert.Equal("test/built:2", standard.Output.Trim());

        Module.Run("'FROM test/busybox:1', 'COPY src /' | Build-Image -").FailedWith("BuildSourceNotFound", ErrorCategory.InvalidData);
        Module.Run("'FROM test/busybox:1' | Build-Image - -File -").FailedWith("BuildInputTwice", ErrorCategory.InvalidArgument);
        Module.Run("'FROM test/busybox:1' | Build-Image $args[0]", Context.Path).FailedWith("BuildInputUnexpected", ErrorCategory.InvalidArgument);
        Module.Run("Build-Image $args[0]", Context["Containerfile"]).FailedWith("BuildContextInvalid", ErrorCategory.InvalidData);
        Command.Run("python3", "-c", "import tarfile,io,sys; t=tarfile.open(sys.argv[1],'w'); i=tarfile.TarInfo('../../evil'); i.size=1; t.addfile(i, io.BytesIO(b'x'))", Context["evil.tar"]).Succeeded();
        Module.Run("Build-Image $args[0]", Context["evil.tar"]).FailedWith("BuildContextInvalid", ErrorCategory.InvalidData);
        NothingLeft();
    }

    [Fact]
    public void A_context_can_be_a_git_repository()
    {
        using var git = new GitDaemon();
        Write(Text);
        Shell($"cp -r src Containerfile .dockerignore {git.Path("app")}; mkdir {git.Path("app")}/inner; printf 'FROM test/busybox:1\\nCMD echo inner' > {git.Path("app")}/inner/Dockerfile; ln -s /etc/passwd {git.Path("app")}/outside");
        git.Git("add -Af .; git commit -qm x; git tag v1; git rm -q Containerfile; git commit -qm y");
        Build($"{git.Url}#v1", "$args[0]");
        Module.Run("Build-Image $args[0] -Tag test/built:1", git.Url + "#v1:inner").Succeeded();
        Assert.Equal(["inner"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Module.Run("Build-Image $args[0] -File inner/Dockerfile -Tag test/built:1", git.Url).Succeeded();
        Module.Run("Build-Image $args[0]", git.Url).FailedWith("ContainerfileNotFound", ErrorCategory.ObjectNotFound);
        // A link in what somebody else has written leads nowhere on this machine.
        Module.Run("Build-Image $args[0] -File outside", git.Url).FailedWith("ContainerfileNotFound", ErrorCategory.ObjectNotFound);
        Module.Run("'FROM test/busybox:1', 'COPY . /x/', 'RUN test -d /x/.git' | Build-Image $args[0] -Tag test/built:1 -BuildArgument BUILDKIT_CONTEXT_KEEP_GIT_DIR=1 -File -", git.Url + "#v1").Succeeded();
        Module.Run("Build-Image $args[0]", git.Url + "#gone").FailedWith("BuildGitRevisionNotFound", ErrorCategory.ObjectNotFound);

        Write("FROM test/busybox:1\nCOPY --from=repo a.txt /\nRUN --mount=from=repo,target=/in cp /in/sub/b.txt /\nCMD cat /a.txt /b.txt\n");
        Module.Run("Build-Image $args[0] -Tag test/built:1 -BuildContext @{ repo = $args[1] }", Context.Path, git.Url + "#v1:src").Succeeded();
        Assert.Equal(["hello", "inner"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        NothingLeft();
    }

    [Fact]
    public void A_context_can_be_fetched_and_another_an_image_layout()
    {
        Write(Text);
        byte[] archive = Archive();
        using var server = new HttpListener();
        int port = Random.Shared.Next(20000, 30000);
        server.Prefixes.Add($"http://127.0.0.1:{port}/");
        server.Start();
        _ = Task.Run(async () =>
        {
            while (server.IsListening)
            {
                var exchange = await server.GetContextAsync();
                exchange.Response.StatusCode = exchange.Request.Url!.AbsolutePath is "/c.tar" or "/Containerfile" ? 200 : 404;
                exchange.Response.Close(exchange.Request.Url.AbsolutePath == "/c.tar" ? archive : "FROM test/busybox:1\nCMD echo fetched\n"u8.ToArray(), true);
            }
        });
        Build($"http://127.0.0.1:{port}/c.tar", "$args[0]");
        Module.Run("Build-Image $args[0] -Tag test/built:1", $"http://127.0.0.1:{port}/Containerfile").Succeeded();
        Assert.Equal(["fetched"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Module.Run("Build-Image $args[0]", $"http://127.0.0.1:{port}/none").FailedWith("BuildDownloadFailed", ErrorCategory.ResourceUnavailable);

        // An image that is in no store and no registry.
        BusyboxImage.Write(Context["layout"], "one", c => c["Env"] = new System.Text.Json.Nodes.JsonArray("PATH=/bin", "LAID=out"));
        Write("FROM base\nCOPY --from=more src/a.txt /\nCOPY --from=base /bin/busybox /again\nRUN echo $LAID >> /a.txt\nCMD cat /a.txt\n");
        Module.Run("Build-Image $args[0] -Tag test/built:1 -BuildContext @{ base = \"oci-layout://$($args[0])/layout:one\"; more = $args[1] }", Context.Path, $"http://127.0.0.1:{port}/c.tar").Succeeded();
        Assert.Equal(["hello", "out"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Module.Run("Build-Image $args[0] -BuildContext @{ base = \"oci-layout://$($args[0])/layout:two\"; more = $args[0] }", Context.Path).FailedWith("BuildLayoutImageNotFound", ErrorCategory.InvalidData);
        Module.Run("Build-Image $args[0] -BuildContext @{ base = \"oci-layout://$($args[0])/src\"; more = $args[0] }", Context.Path).FailedWith("BuildLayoutNotFound", ErrorCategory.InvalidData);
        NothingLeft();
    }

    private void Build(string place, string parameters, string input = "")
    {
        Module.Run($"{input}Build-Image {parameters} -Tag test/built:1", place).Succeeded();
        Assert.Equal(Expected, Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Module.Run("Remove-Image test/built:1").Succeeded();
    }

    private byte[] Archive()
    {
        Shell("tar -cf /tmp/$(basename $PWD).tar .");
        string path = $"/tmp/{Path.GetFileName(Context.Path)}.tar";
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }

    private sealed class Removed(string path) : IDisposable
    {
        public void Dispose() => Directory.Delete(path, recursive: true);
    }
}
