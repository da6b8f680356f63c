using System.Globalization;
using ContainerTools.Engine;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Hooks;
using ContainerTools.Runtime.Launching;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary>What <c>create</c> and <c>run</c> share: the state directory, the container, its state, hooks, terminal and pid file.</summary>
internal static class ContainerCreator
{
    /// <summary>Creates a container.</summary>
    /// <param name="global">The state root and how control groups are placed.</param>
    /// <param name="options">The bundle.</param>
    /// <param name="startedByOther">Whether <c>start</c> starts it.</param>
    /// <returns>The container; its terminal is its own still where no socket takes it.</returns>
    public static (StateDirectory Directory, ContainerStateFile State, LaunchedContainer Container) Create(GlobalOptions global, BundleOptions options, bool startedByOther)
    {
        if (options.Spec.Process is null)
            throw new CommandException("The bundle's config.json has no process to run.");
        if (options.Spec.Process.Terminal && options.ConsoleSocket is null && (startedByOther || options.Detach))
            throw new CommandException("The bundle asks for a terminal: name the socket that takes it with '--console-socket'.");
        if (!options.Spec.Process.Terminal && options.ConsoleSocket is not null)
            throw new CommandException("'--console-socket' names a socket for a terminal, but the bundle asks for none: set process.terminal, or leave the option out.");
        CheckHooks(options.Spec.Hooks);
        var directory = StateDirectory.Create(global.Root, options.Id);
        LaunchedContainer? container = null;
        try
        {
            var state = new ContainerStateFile
            {
                Id = options.Id,
                Bundle = options.Bundle,
                Created = DateTimeOffset.UtcNow,
                RootPath = options.Spec.Root is { Path.Length: > 0 } root ? Path.GetFullPath(root.Path, options.Bundle) : null,
                Annotations = options.Spec.Annotations,
            };
            if (startedByOther)
                StartFifos.Make(directory.DirectoryPath);
            var hooks = CreationHooks.For(options.Spec, directory, state);
            container = ContainerLauncher.Create(options.Spec, options.Bundle, options.Id, new LaunchOptions
            {
                PreservedDescriptors = options.PreservedDescriptors,
                CgroupManager = global.CgroupManager,
                PivotRoot = options.PivotRoot,
                NewKeyring = options.NewKeyring,
                StartDirectory = startedByOther ? directory.DirectoryPath : null,
                Hooks = hooks,
                Warn = message => RuntimeLog.Warn(global, message),
            });
            state.Pid = container.Pid;
            state.StartTime = container.StartTime;
            state.CgroupPath = container.CgroupPath;
            state.Scope = container.Scope;
            directory.Write(state, options.Config);
            if (container.Console is { } console && options.ConsoleSocket is { } socket)
                DescriptorSocket.SendTerminal(socket, console);
            if (options.ProcessSocket is { } processSocket)
                DescriptorSocket.SendProcess(processSocket, container.Process);
            if (options.PidFile is { } file)
                WritePidFile(file, container.Pid);
            return (directory, state, container);
        }
        catch
        {
            Abandon(directory, container);
            throw;
        }
    }

    // runtime-spec config.md, "POSIX-platform Hooks". Before anything is made: a hook that is refused only when its time comes leaves the others' work behind.
    private static void CheckHooks(HooksSpec? hooks)
    {
        foreach (var (kind, list) in new[] { ("prestart", hooks?.Prestart), ("createRuntime", hooks?.CreateRuntime), ("createContainer", hooks?.CreateContainer), ("startContainer", hooks?.StartContainer), ("poststart", hooks?.Poststart), ("poststop", hooks?.Poststop) })
        {
            foreach (var hook in list ?? [])
            {
                if (!hook.Path.StartsWith('/'))
                    throw NamespacePlan.Invalid($"its {kind} hook '{hook.Path}' is not an absolute path");
                if (hook.Timeout is <= 0)
                    throw NamespacePlan.Invalid($"its {kind} hook '{hook.Path}' has a time limit of {hook.Timeout} s; it must be more than 0");
            }
        }
    }

    /// <summary>Removes a container that could not be finished.</summary>
    public static void Abandon(StateDirectory directory, LaunchedContainer? container)
    {
        if (container is not null)
        {
            container.Process.SendSignal(Linux.Signals.Kill);
            _ = container.Process.Reap();
            if (container.CgroupPath is { } path)
            {
                Cgroup.At(path).Kill();
                _ = SystemdScope.Remove(path, container.Scope);
            }
            container.Dispose();
        }
        directory.Remove();
    }

    /// <summary>The exit code that stands for an error of starting a command, as shells and engines have it.</summary>
    public static CommandException WithExitCode(ContainerToolsException error) => new(error.Message, error.ErrorId switch
    {
        "CommandNotFound" => 127,
        "CommandNotExecutable" => 126,
        _ => 1,
    }, error);

    /// <summary>Writes a process id so that whoever waits for the file never reads half a number.</summary>
    public static void WritePidFile(string path, int pid)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "." + Path.GetFileName(path) + ".new");
        try
        {
            File.WriteAllText(temporary, pid.ToString(CultureInfo.InvariantCulture));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"The pid file '{path}' cannot be written: {e.Message}", inner: e);
        }
    }
}
