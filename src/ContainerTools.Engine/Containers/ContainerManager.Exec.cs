using ContainerTools.Engine.Events;
using ContainerTools.Engine.Logs;

namespace ContainerTools.Engine.Containers;

/// <content>Further commands, and the log.</content>
public sealed partial class ContainerManager
{
    /// <summary>Reads a container's log.</summary>
    /// <param name="container">The container.</param>
    /// <param name="options">Which records. With Follow the sequence ends when the container does.</param>
    /// <param name="cancellationToken">Ends the wait for more.</param>
    public IAsyncEnumerable<ContainerLogRecord> ReadLogAsync(Container container, LogOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        return new LogReader(_records.DirectoryOf(container.Id), container.Id, container.Name).ReadAsync(options, cancellationToken);
    }

    /// <summary>Runs a command in a running container.</summary>
    /// <param name="container">The container.</param>
    /// <param name="options">The command.</param>
    /// <param name="output">Receives each line as it comes, from one thread at a time.</param>
    /// <param name="cancellationToken">Kills the command.</param>
    /// <returns>The command's exit code; 128 plus the signal's number if one ended it.</returns>
    /// <exception cref="ContainerToolsException">ContainerNotRunning, CommandNotFound, CommandNotExecutable, UserNotFound, WorkingDirectoryNotFound.</exception>
    public Task<int> ExecAsync(Container container, ExecOptions options, Action<ContainerStream, string> output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(output);
        return Task.Factory.StartNew(() => Exec(container, options, output, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private int Exec(Container container, ExecOptions options, Action<ContainerStream, string> output, CancellationToken cancellationToken)
    {
        var current = Refresh(container);
        if (current.State is ContainerState.Paused)
            throw Paused(current, "no command can be run in it");
        if (current.State is not ContainerState.Running)
        {
            throw new ContainerToolsException("ContainerNotRunning", ErrorKind.InvalidState,
                $"The container '{current.Name}' is not running ({current.State}), so no command can be run in it. Start it first.", current.Name);
        }
        if (options.Command.Count == 0 || options.Command[0].Length == 0)
            throw new ContainerToolsException("NoCommand", ErrorKind.InvalidArgument, "There is nothing to run: name a command.", current.Name);
        using var lockFile = MonitorLockFile.TryOpen(current.Directory);
        using var monitor = lockFile?.OpenMonitor();
        EventLog.AddOfContainer(_paths.Root, current.Configuration, ContainerEventAction.Exec, ("command", string.Join(' ', options.Command)));
        return new ExecSession(_runtimePath, _paths.RunRoot, current.Configuration, monitor?.Pid ?? 0, options).Run(output, cancellationToken);
    }
}
