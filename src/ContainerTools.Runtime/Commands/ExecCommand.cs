using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Launching;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary>
/// <c>exec ID COMMAND ...</c>: runs a command in a running container and ends with its exit code; 126 where it cannot be executed, 127 where it is not found, 255 for other
/// errors.
/// What is not given is as for the container's own command.
/// </summary>
internal static class ExecCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var request = ExecRequest.Read(arguments);
        if (request.By is { } other)
        {
            try
            {
                return other.Run(options, request);
            }
            catch (ContainerToolsException e)
            {
                throw ContainerCreator.WithExitCode(e);
            }
        }
        var directory = request.LostOf is { } lost ? LostState.Restore(options.Root, request.Id, lost, request.LostCgroup) : StateDirectory.Open(options.Root, request.Id);
        var state = directory.Read();
        using var container = StateDirectory.OpenProcess(state);
        var status = directory.Status(state, container);
        if (container is null || (status == "paused" && !request.IgnorePaused) || status is not ("running" or "created" or "paused"))
            throw new CommandException($"The container '{directory.Id}' is {status}: a command can run only in a running one{(status == "paused" ? " ('--ignore-paused' lets it wait there)" : "")}.");
        var spec = directory.ReadConfig();
        var (process, user, groups) = request.Complete(spec);
        if (process.Terminal && request.ConsoleSocket is null && request.Detach)
            throw new CommandException("A terminal is asked for: name the socket that takes it with '--console-socket'.");
        if (!process.Terminal && request.ConsoleSocket is not null)
            throw new CommandException("'--console-socket' names a socket for a terminal, but the process has none: give '--tty', or leave the option out.");
        // Nobody has to know the process before its command runs.
        var atOnce = !process.Terminal && request.PidFile is null && request.ProcessSocket is null && !ProcessLimits.AreNeeded(process);
        try
        {
            using var signals = request.Detach ? null : ForwardedSignals.Begin();
            using var started = ProcessLauncher.Create(container, state.CgroupPath, spec, process, user, groups, new LaunchOptions
            {
                PreservedDescriptors = request.PreservedDescriptors,
                StartsAtOnce = atOnce,
                SubGroups = request.SubGroups,
                Warn = message => RuntimeLog.Warn(options, message),
            }, pid =>
            {
                var document = directory.Describe(state, "running");
                document.Pid = pid;
                return document;
            });
            if (started.Console is { } console && request.ConsoleSocket is { } socket)
                DescriptorSocket.SendTerminal(socket, console);
            if (request.ProcessSocket is { } processSocket)
                DescriptorSocket.SendProcess(processSocket, started.Process);
            if (request.PidFile is { } file)
                ContainerCreator.WritePidFile(file, started.Pid);
            if (!atOnce)
                started.Release();
            signals?.To(started.Process, started.Console is not null);
            try
            {
                started.AwaitCommand();
            }
            catch
            {
                _ = started.Process.Reap();
                throw;
            }
            using var terminal = request.ConsoleSocket is null && started.Console is { } own ? new TerminalProxy(own) : null;
            int code = request.Detach ? 0 : started.Process.Reap()?.ShellCode ?? 128 + Signals.Kill;
            signals?.Dispose();
            return code;
        }
        catch (ContainerToolsException e)
        {
            throw ContainerCreator.WithExitCode(e);
        }
    }
}
