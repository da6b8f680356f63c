using System.Text.Json.Nodes;

namespace ContainerTools.TestSupport;

/// <summary>A store of buildah's, with what it builds. It goes with this object.</summary>
public sealed class BuildahStore : IDisposable
{
    private readonly TemporaryDirectory _directory = new("ctbah");

    /// <summary>What chooses this store, for podman too.</summary>
    public IReadOnlyList<string> Options => ["--root", _directory["root"], "--runroot", _directory["run"], "--storage-driver", "overlay"];

    /// <summary>Copies an image into the store, from any place that skopeo knows.</summary>
    public void Add(string source, string name) =>
        Tools.Skopeo("copy", "--quiet", "--src-tls-verify=false", source, Place(name)).Succeeded();

    /// <summary>An image's place for skopeo.</summary>
    public string Place(string name) => $"containers-storage:[overlay@{_directory["root"]}+{_directory["run"]}]{name}";

    /// <summary>Builds what is in a directory. The format is docker's, which has all that a Containerfile can say.</summary>
    public void Build(string context, string file, string tag, params IEnumerable<string> more) =>
        Run(["bud", "--isolation", "chroot", "--pull-never", "--format", "docker", "--file", file, "--tag", tag, .. more, context]).Succeeded();

    /// <summary>Mounts an image's tree, until the store is disposed of.</summary>
    public string Mount(string image)
    {
        string working = Run("from", "--pull-never", image).Succeeded().Output.Trim();
        return Run("mount", working).Succeeded().Output.Trim();
    }

    /// <summary>An image's configuration, as its bytes say it.</summary>
    public JsonObject Config(string image) => JsonNode.Parse(Tools.Skopeo("inspect", "--config", "--raw", Place(image)).Succeeded().Output)!.AsObject();

    public CommandResult Run(params IEnumerable<string> arguments)
    {
        var result = Once();
        // It copies itself into memory before a command, and sometimes cannot seal the copy: that says nothing of what is built.
        return result.ExitCode != 0 && result.Error.Contains("sealing memfd copy", StringComparison.Ordinal) ? Once() : result;

        CommandResult Once() => Command.Run("buildah", [.. Options, .. arguments], timeout: Tools.CopyTimeout);
    }

    public void Dispose()
    {
        Run("umount", "--all");
        Run("rm", "--all");
        _directory.Dispose();
    }
}
