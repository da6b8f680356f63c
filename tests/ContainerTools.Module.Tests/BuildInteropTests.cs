using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

/// <summary>What we build, others copy, run and build upon.</summary>
[Collection(ModuleCollection.Name)]
public sealed class BuildInteropTests(ModuleFixture module) : IDisposable
{
    private readonly TemporaryDirectory _context = new("ctbuild");
    private readonly TestRegistry _registry = new();
    private readonly BuildahStore _buildah = new();

    public void Dispose()
    {
        module.Run("Get-Image | Where-Object { $_.Reference -notlike '*test/busybox*' } | Remove-Image -Force").Succeeded();
        _buildah.Dispose();
        _registry.Dispose();
        _context.Dispose();
    }

    [Fact]
    public void What_is_built_is_pushed_copied_run_and_built_upon_under_one_digest()
    {
        string name = _registry.Reference("team/app:1");
        Write("Containerfile", """
            FROM test/busybox:1 AS build
            RUN mkdir -p /out/dir && echo made > /out/dir/file && ln /out/dir/file /out/dir/hard && ln -s file /out/dir/link && chmod 2755 /out/dir
            FROM test/busybox:1
            RUN rm -r /home && mkdir /home && echo x > /home/new && rm /bin/vi
            COPY --from=build --chown=1000:1000 /out /app
            ENV GREETING="hello there"
            WORKDIR /app/dir
            USER 1000
            ENTRYPOINT ["/bin/sh", "-c"]
            CMD ["echo $GREETING; id -u; pwd; cat file; stat -c '%a %h' file .; ls /home; test -e /bin/vi || echo none"]
            """);
        string[] expected = ["hello there", "1000", "/app/dir", "made", "644 2", "2755 2", "new", "none"];

        string digest = module.Run("(Build-Image $args[0] -Tag $args[1] -Network none).Digest.ToString()", _context.Path, name).Succeeded().Lines.Single()!;
        Assert.Equal(digest, module.Run("(Publish-Image $args[0]).Digest.ToString()", name).Succeeded().Lines.Single());
        Assert.Equal(digest, Tools.Skopeo("inspect", "--tls-verify=false", "--format", "{{.Digest}}", "docker://" + name).Succeeded().Output.Trim());
        Assert.Equal(expected, module.Run("Invoke-Container $args[0]", name).Succeeded().Lines);

        // skopeo checks every blob's digest and DiffID on its way; the copy is the same image.
        Tools.Skopeo("copy", "--quiet", "--preserve-digests", "--src-tls-verify=false", "docker://" + name, $"oci:{_context["layout"]}:1").Succeeded();
        Assert.Contains(digest, File.ReadAllText(_context["layout/index.json"]), StringComparison.Ordinal);

        _buildah.Add("docker://" + name, "localhost/team/app:1");
        Assert.Equal(expected, Podman("localhost/team/app:1").Succeeded().Lines);

        Directory.CreateDirectory(_context["upon"]);
        Write("upon/Containerfile", "FROM localhost/team/app:1\nUSER 0\nRUN [\"/bin/sh\", \"-c\", \"cat /app/dir/file > /again; ls /home >> /again; rm /app/dir/hard\"]\nCMD [\"cat /again; stat -c %h /app/dir/file\"]\n");
        _buildah.Build(_context["upon"], _context["upon/Containerfile"], "localhost/team/upon:1");
        Assert.Equal(["made", "new"], Podman("localhost/team/upon:1").Succeeded().Lines.Take(2));

        // And back: what buildah has built upon ours is ours to build upon.
        Tools.Skopeo("copy", "--quiet", "--dest-tls-verify=false", _buildah.Place("localhost/team/upon:1"), "docker://" + _registry.Reference("team/upon:1")).Succeeded();
        Write("Containerfile", $"FROM {_registry.Reference("team/upon:1")}\nRUN [\"/bin/sh\", \"-c\", \"wc -l < /again > /lines\"]\nCMD [\"cat /lines\"]\n");
        module.Run("$null = Build-Image $args[0] -Tag team/back:1 -Network none", _context.Path).Succeeded();
        Assert.Equal(["2"], module.Run("Invoke-Container team/back:1").Succeeded().Lines);
    }

    private CommandResult Podman(string image) => Command.Run("podman",
        [.. _buildah.Options, "--runtime", RepositoryPaths.Ctrun, "--cgroup-manager", "cgroupfs", "--events-backend", "file", "run", "--rm", "--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096", image],
        timeout: Tools.CopyTimeout);

    private void Write(string path, string text) => File.WriteAllText(_context[path], text);
}
