using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.Rootless;

/// <summary>A subtree of cgroup version 2 that belongs to a user, with a group for his shell, as systemd's user manager has it.</summary>
internal sealed class DelegatedGroup : IDisposable
{
    private readonly string _directory;

    public DelegatedGroup(string user)
    {
        var root = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).First(fields => fields.SkipWhile(f => f != "-").ElementAt(1) == "cgroup2")[4];
        Path = $"/ct{Guid.NewGuid():N}"[..12];
        _directory = root + Path;
        Directory.CreateDirectory(Shell);
        foreach (var directory in new[] { _directory, Shell })
        {
            Command.Run("chown", user, directory, $"{directory}/cgroup.procs", $"{directory}/cgroup.subtree_control", $"{directory}/cgroup.threads").Succeeded();
        }
    }

    /// <summary>The subtree, below the mount point.</summary>
    public string Path { get; }

    /// <summary>The directory of the shell's group.</summary>
    public string Shell => _directory + "/shell";

    public void Dispose()
    {
        for (var round = 0; round < 100 && Directory.Exists(_directory); round++)
        {
            Command.Run("sh", "-c", $"find '{_directory}' -depth -type d -exec rmdir {{}} + 2>/dev/null");
            Thread.Sleep(20);
        }
    }
}
