using System.Diagnostics;
using ContainerTools.TestSupport;

namespace ContainerTools.Runtime.Tests.Engines;

/// <summary>A containerd of its own with a busybox image, whose shim runs containers through this runtime; nothing of it is left at the end.</summary>
internal sealed class ContainerdServer : IDisposable
{
    public const string Image = "docker.io/library/busybox:latest";

    // The shell ends it when its standard input closes, which also happens when this process is killed. A hierarchy of control groups that is
    // mounted nowhere (it lives on while a group of somebody's is left in it) keeps the shim from finding any group: here, and only here, it is mounted.
    private const string Script = """
        while IFS=: read -r id controllers path; do
            [ -n "$controllers" ] && ! grep -qE " - cgroup [^ ]+ .*[ ,]$controllers(,|\$)" /proc/self/mountinfo || continue
            mkdir -p "$1/cgroup/$id" && mount -t cgroup -o "$(echo "$controllers" | sed 's/^name=/none,&/')" cgroup "$1/cgroup/$id"
        done </proc/self/cgroup
        exec 3<&0
        containerd -c "$1/config.toml" >"$1/log" 2>&1 3<&- </dev/null &
        trap '' TERM INT
        cat <&3 >/dev/null
        kill $!
        wait $!
        for group in "$1"/cgroup/*; do
            [ ! -d "$group" ] || { rmdir "$group/default" 2>/dev/null; umount "$group"; }
        done
        """;

    private readonly TemporaryDirectory _directory = new("cd");
    private readonly Process _process;

    public ContainerdServer()
    {
        File.WriteAllText(_directory["config.toml"], $"""
            version = 2
            root = "{_directory["root"]}"
            state = "{_directory["state"]}"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
              address = "{_directory["socket"]}"
            """);
        _process = Process.Start(new ProcessStartInfo("/usr/bin/unshare")
        {
            RedirectStandardInput = true,
            ArgumentList = { "--mount", "/bin/sh", "-c", Script, "sh", _directory.Path },
        })!;
        if (!SpinWait.SpinUntil(() => Ctr("version").ExitCode == 0, TimeSpan.FromSeconds(60)))
            throw new InvalidOperationException("containerd does not answer: " + File.ReadAllText(_directory["log"]));
        BusyboxImage.WriteDockerArchive(_directory["busybox.tar"]);
        Ctr("image", "import", _directory["busybox.tar"]).Succeeded();
    }

    public CommandResult Ctr(params IEnumerable<string> arguments) => Command.Run("ctr", ["--address", _directory["socket"], .. arguments], null, null, _directory.Path, TimeSpan.FromMinutes(2));

    public CommandResult Run(IEnumerable<string> options, string id, params IEnumerable<string> command) =>
        Ctr(["run", "--runtime", "io.containerd.runc.v2", "--runc-binary", RepositoryPaths.Ctrun, .. options, Image, id, .. command]);

    /// <summary>Whether the runtime still knows a container.</summary>
    public bool Knows(string id) => Directory.Exists(Path.Combine(_directory["state"], "io.containerd.runtime.v2.task/default", id));

    public void Dispose()
    {
        foreach (var id in Ctr("container", "ls", "--quiet").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            _ = Ctr("task", "delete", "--force", id);
            _ = Ctr("container", "delete", id);
        }
        // The parent of its containers' groups, as its namespace is called.
        foreach (var group in Cgroups.Of(["/default"]))
            Directory.Delete(group);
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        _directory.Dispose();
    }
}
