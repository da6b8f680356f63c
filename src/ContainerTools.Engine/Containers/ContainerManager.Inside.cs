using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Processes;
using ContainerTools.Engine.Statistics;

namespace ContainerTools.Engine.Containers;

/// <content>Looking into containers.</content>
public sealed partial class ContainerManager
{
    private static readonly string[] s_shells = ["/bin/bash", "/usr/bin/bash", "/bin/sh", "/usr/bin/sh", "/bin/ash", "/bin/busybox", "/busybox"];

    /// <summary>A running container's processes, by their ids on the host.</summary>
    /// <param name="container">The container.</param>
    /// <exception cref="ContainerToolsException">ContainerNotFound, ContainerNotRunning.</exception>
    public IReadOnlyList<ContainerProcess> Processes(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        var current = RequireRunning(container, "it has no processes");
        return new ProcessReader(current, current.Pid!.Value).Read();
    }

    /// <summary>The shell that a user has in a running container: the one of its /etc/passwd, or else the first of the usual ones that is there.</summary>
    /// <param name="container">The container.</param>
    /// <param name="user">The user as <c>-User</c> takes it; null for the container's.</param>
    /// <returns>Program and arguments.</returns>
    /// <exception cref="ContainerToolsException">ContainerNotRunning, ShellNotFound.</exception>
    public IReadOnlyList<string> FindShell(Container container, string? user)
    {
        ArgumentNullException.ThrowIfNull(container);
        var current = RequireRunning(container, "no shell can be run in it");
        using var tree = ContainerTree.OpenRunning(current) ?? throw new ContainerToolsException("ContainerNotRunning", ErrorKind.InvalidState, $"The container '{container.Name}' has just ended.", container.Name);
        string name = (user ?? current.User).Split(':')[0];
        if (name.Length == 0)
            name = "0";
        // name, password, uid, gid, comment, home, shell: passwd(5)
        string? own = (tree.TryReadText("/etc/passwd") ?? "").Split('\n').Select(line => line.Split(':')).FirstOrDefault(entry => entry.Length > 6 && (entry[0] == name || entry[2] == name))?[6].Trim();
        foreach (string shell in s_shells.Prepend(own ?? ""))
        {
            if (shell.StartsWith('/') && Path.GetFileName(shell) is not ("nologin" or "false" or "true") && tree.IsProgram(shell))
                return Path.GetFileName(shell) == "busybox" ? [shell, "sh"] : [shell];
        }
        throw new ContainerToolsException("ShellNotFound", ErrorKind.NotFound,
            $"The container '{container.Name}' has none of the usual shells ({string.Join(", ", s_shells)}). Name the program to run with -Command.", container.Name);
    }

    /// <summary>Measures what containers use: after one interval, or again and again.</summary>
    /// <param name="find">The containers to measure, asked before each measurement. Those that do not run are left out.</param>
    /// <param name="interval">The time between two measurements, over which processor use is measured.</param>
    /// <param name="continuous">Whether to go on until none of them runs.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public IAsyncEnumerable<ContainerStatistics> ReadStatisticsAsync(Func<IReadOnlyList<Container>> find, TimeSpan interval, bool continuous, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(find);
        return new StatisticsReader(this, interval).ReadAsync(find, continuous, cancellationToken);
    }

    /// <summary>The container as it is now, if it runs.</summary>
    /// <param name="container">The container.</param>
    /// <param name="consequence">What follows if it does not, as the end of a sentence.</param>
    /// <exception cref="ContainerToolsException">ContainerNotFound, ContainerNotRunning.</exception>
    public Container RequireRunning(Container container, string consequence)
    {
        var current = Refresh(container);
        if (current.Pid is null)
        {
            throw new ContainerToolsException("ContainerNotRunning", ErrorKind.InvalidState,
                $"The container '{current.Name}' is not running ({current.State}), so {consequence}. Start it first.", current.Name);
        }
        return current;
    }

    /// <summary>The container as it is now, or null when it has been removed.</summary>
    internal Container? TryRefresh(Container container) => _records.TryRead(container.Id) is { } configuration ? Snapshot(configuration) : null;
}
