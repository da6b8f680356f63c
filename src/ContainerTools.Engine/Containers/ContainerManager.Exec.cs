using ContainerTools.Engine.Events;
using ContainerTools.Engine.Logs;
using ContainerTools.Engine.Terminals;

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

    /// <summary>Runs a command in a running container, in a terminal that is joined to this process's own.</summary>
    /// <param name="container">The container.</param>
    /// <param name="options">The command.</param>
    /// <param name="keys">What leaves the terminal; the command is then hung up, as when a connection is closed.</param>
    /// <param name="cancellationToken">Kills the command.</param>
    /// <returns>The command's exit code; null if the user left.</returns>
    /// <exception cref="ContainerToolsException">As for <see cref="ExecAsync"/>; TerminalMissing: this process has none.</exception>
    public Task<int?> ExecInteractiveAsync(Container container, ExecOptions options, DetachKeys keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(keys);
        if (!TerminalRelay.IsPossible)
        {
            throw new ContainerToolsException("TerminalMissing", ErrorKind.InvalidState,
                "Standard input and output are not a terminal here, so there is none to work with. Run the command with Invoke-ContainerCommand instead.", container.Name);
        }
        return Task.Factory.StartNew(() => WithSession(container, options, session => session.RunInteractive(keys, cancellationToken)),
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Starts a command in a running container, and returns when it runs. Its input is empty, and nobody reads what it writes.</summary>
    /// <param name="container">The container.</param>
    /// <param name="options">The command, without terminal and input.</param>
    /// <param name="cancellationToken">Kills a command that does not run yet.</param>
    /// <returns>0.</returns>
    /// <exception cref="ContainerToolsException">As for <see cref="ExecAsync"/>.</exception>
    public Task<int> ExecDetachedAsync(Container container, ExecOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        return Task.Run(() => WithSession(container, options, session => session.RunDetached(cancellationToken)), cancellationToken);
    }

    private int Exec(Container container, ExecOptions options, Action<ContainerStream, string> output, CancellationToken cancellationToken) =>
        WithSession(container, options, session => session.Run(output, cancellationToken));

    private T WithSession<T>(Container container, ExecOptions options, Func<ExecSession, T> run)
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
        if (options.WorkingDirectory is { } directory)
            _ = ConfigurationBuilder.Directory(directory);
        using var lockFile = MonitorLockFile.TryOpen(current.Directory);
        using var monitor = lockFile?.OpenMonitor();
        EventLog.AddOfContainer(_paths.Root, current.Configuration, ContainerEventAction.Exec, ("command", string.Join(' ', options.Command)));
        try
        {
            return run(new ExecSession(_runtimePath, _paths.RunRoot, current.Directory, current.Configuration, monitor?.Pid ?? 0, options));
        }
        catch (ContainerToolsException e) when (e.ErrorId is "ContainerExecFailed" or "ExecFailed" && (!StatusReader.IsAlive(current.Status) || TryRefresh(current) is not { State: ContainerState.Running }))
        {
            throw NotRunning(current, "worked in");
        }
    }
}
