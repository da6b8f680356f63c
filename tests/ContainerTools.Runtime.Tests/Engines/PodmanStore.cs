using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Engines;

/// <summary>A store of podman's for one class of tests, with a busybox image, whose containers run through this runtime; nothing of it is left at the end.</summary>
public sealed class PodmanStore : IDisposable
{
    private readonly TemporaryDirectory _directory = new("pm");
    private readonly Dictionary<string, string?> _environment;

    public PodmanStore()
    {
        Directory.CreateDirectory(_directory["run"]);
        // What a container gets otherwise is above the hard limits of a machine without CAP_SYS_RESOURCE.
        File.WriteAllText(_directory["containers.conf"], "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]\ncgroupns = \"private\"\n[network]\n[engine]\n");
        _environment = new() { ["XDG_RUNTIME_DIR"] = _directory["run"], ["CONTAINERS_CONF"] = _directory["containers.conf"] };
        File.WriteAllBytes(_directory["busybox.tar"], BusyboxImage.LayerTar);
        Podman("import", "-q", _directory["busybox.tar"], "busybox:latest").Succeeded();
    }

    public string this[string relative] => _directory[relative];

    public CommandResult Podman(params IEnumerable<string> arguments) => Podman(arguments, null);

    public CommandResult Podman(IEnumerable<string> arguments, string? input) => Command.Run("podman", [.. Global, "--runtime", RepositoryPaths.Ctrun,
        "--cgroup-manager", "cgroupfs", "--events-backend", "file", .. arguments], _environment, input, _directory, TimeSpan.FromMinutes(2));

    public CommandResult Buildah(params IEnumerable<string> arguments) => Command.Run("buildah", [.. Global, .. arguments], _environment, null, _directory, TimeSpan.FromMinutes(2));

    /// <summary>Runs a script in a new container to its end.</summary>
    public CommandResult Run(IEnumerable<string> options, string script) => Podman(["run", "--rm", "--network", "none", .. options, "busybox:latest", "sh", "-c", script]);

    /// <summary>The command line as one string, for script(1).</summary>
    public string Line(string rest) => $"XDG_RUNTIME_DIR={_directory["run"]} CONTAINERS_CONF={_directory["containers.conf"]} podman {string.Join(' ', Global)} --runtime {RepositoryPaths.Ctrun} "
        + $"--cgroup-manager cgroupfs --events-backend file {rest}";

    public void Dispose()
    {
        _ = Buildah("rm", "-a");
        _ = Podman("pod", "rm", "-f", "-a", "-t", "0");
        _ = Podman("rm", "-f", "-a", "-t", "0");
        _directory.Dispose();
    }

    private IEnumerable<string> Global => ["--root", _directory["root"], "--runroot", _directory["runroot"], "--storage-driver", "overlay"];
}
