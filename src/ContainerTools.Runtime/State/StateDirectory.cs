using System.Text.Json;
using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Launching;

namespace ContainerTools.Runtime.State;

/// <summary>
/// One container's directory under the state root: <c>state.json</c>, <c>config.json</c> as it was at creation, and <c>exec.fifo</c> while the
/// container waits for its start. It is lost at a reboot, and meant to be.
/// </summary>
internal sealed class StateDirectory
{
    private StateDirectory(string root, string id)
    {
        Id = id;
        DirectoryPath = Path.Combine(root, id);
    }

    public string Id { get; }

    public string DirectoryPath { get; }

    /// <summary>The FIFO that the container's first process waits on until it is started.</summary>
    public string ExecFifo => Path.Combine(DirectoryPath, "exec.fifo");

    private string StatePath => Path.Combine(DirectoryPath, "state.json");

    private string ConfigPath => Path.Combine(DirectoryPath, "config.json");

    /// <summary>Takes the id: from now on no other container can have it.</summary>
    public static StateDirectory Create(string root, string id)
    {
        CheckId(id);
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var directory = new StateDirectory(root, id);
        // mkdir(2) itself, since .NET's takes an existing directory for success.
        var path = PathBytes.Terminated(directory.DirectoryPath);
        var made = FileCalls.MakeDirectoryAt(FileCalls.WorkingDirectory, path, (uint)Owner);
        if (made == -Errno.ENOENT)
        {
            Directory.CreateDirectory(root, Owner);
            made = FileCalls.MakeDirectoryAt(FileCalls.WorkingDirectory, path, (uint)Owner);
        }
        if (made == -Errno.EEXIST)
            throw Taken(id);
        LinuxException.ThrowIfFailed(made, "mkdir", directory.DirectoryPath);
        return directory;
    }

    /// <summary>An existing container's.</summary>
    public static StateDirectory Open(string root, string id)
    {
        CheckId(id);
        var directory = new StateDirectory(root, id);
        return Directory.Exists(directory.DirectoryPath) ? directory : throw new CommandException($"The container '{id}' does not exist: there is nothing at '{directory.DirectoryPath}'.");
    }

    /// <summary>The container that is a command's only argument, with its state.</summary>
    /// <param name="root">The state root.</param>
    /// <param name="arguments">The command's arguments.</param>
    /// <param name="command">The command, for the error.</param>
    public static (StateDirectory Directory, ContainerStateFile State) ReadOnly(string root, ArgumentReader arguments, string command)
    {
        if (arguments.NextOption() is not null)
            throw arguments.Unknown(command);
        var directory = Open(root, arguments.Operand("The container's id"));
        arguments.End();
        return (directory, directory.Read());
    }

    /// <summary>Every container under a root.</summary>
    public static IEnumerable<StateDirectory> List(string root) =>
        Directory.Exists(root)
            ? Directory.EnumerateDirectories(root).Select(path => Path.GetFileName(path)).Where(IsId).Order(StringComparer.Ordinal).Select(id => new StateDirectory(root, id))
            : [];

    public void Write(ContainerStateFile state, ReadOnlySpan<byte> config)
    {
        // No sync: the run directory does not survive a reboot anyway. Renamed, so that a reader never sees half of it.
        if (config.Length > 0)
            SmallFile.Write(ConfigPath, config);
        var temporary = StatePath + ".new";
        if (state.CgroupPath is not null && UserNamespace.IsHostRoot)
            state.CgroupMounts = CgroupHierarchies.Current.Mounts;
        SmallFile.Write(temporary, StateJson.Write(state));
        SmallFile.Rename(temporary, StatePath);
    }

    /// <summary>The state as it was written, or null for a container whose creation was cut short.</summary>
    /// <exception cref="CommandException">The file cannot be read, or somebody has damaged it.</exception>
    public ContainerStateFile? TryRead()
    {
        if (KernelFile.Read(StatePath, out var content) is < 0 and var error)
        {
            return error == -Errno.ENOENT ? null
                : throw new CommandException($"The state of container '{Id}', '{StatePath}', cannot be read: {LinuxException.Describe(-error)}.");
        }
        try
        {
            var state = StateJson.Read(content);
            if (state.Id.Length == 0)
                throw new JsonException();
            if (state is { CgroupPath: { } path, CgroupMounts: { } mounts } && FileCalls.EffectiveUserId == 0)
                CgroupHierarchies.Adopt(mounts, path);
            return state;
        }
        catch (JsonException e)
        {
            throw new CommandException($"The state of container '{Id}' is damaged: '{StatePath}' is {(content.IsEmpty ? "empty" : "not what was written there")}. Remove the container with 'ctrun delete --force {Id}'.", inner: e);
        }
    }

    public ContainerStateFile Read() =>
        TryRead() ?? throw new CommandException($"The container '{Id}' was never created completely: remove it with 'ctrun delete --force {Id}'.");

    /// <summary>What can be known of a container whose state is damaged: where its control group lies, by its config.</summary>
    /// <param name="manager">How the config's path is understood.</param>
    public ContainerStateFile Guess(CgroupManager manager)
    {
        var state = new ContainerStateFile { Id = Id };
        if (KernelFile.Read(ConfigPath, out var content) < 0)
            return state;
        try
        {
            var config = RuntimeJson.ReadSpec(content);
            state.Annotations = config.Annotations;
            state.CgroupPath = CgroupPath.Resolve(config.Linux?.CgroupsPath, Id, manager);
            CgroupPath.Check(state.CgroupPath);
        }
        catch (Exception e) when (e is JsonException or ContainerToolsException)
        {
            // Then nothing is known.
            state.CgroupPath = null;
        }
        return state;
    }

    /// <summary>The config that the container was created with.</summary>
    /// <exception cref="CommandException">The file cannot be read, or somebody has damaged it.</exception>
    public RuntimeSpec ReadConfig()
    {
        if (KernelFile.Read(ConfigPath, out var content) is < 0 and var error)
            throw new CommandException($"The document of container '{Id}', '{ConfigPath}', cannot be read: {LinuxException.Describe(-error)}.");
        try
        {
            return RuntimeJson.ReadSpec(content);
        }
        catch (JsonException e)
        {
            throw new CommandException($"The document of container '{Id}' is damaged: '{ConfigPath}' is not what was written there. Remove the container with 'ctrun delete --force {Id}'.", inner: e);
        }
    }

    /// <summary>Its process, or null when that has ended.</summary>
    public static PidFd? OpenProcess(ContainerStateFile state) => PidFd.TryOpen(state.Pid, state.StartTime);

    /// <summary><c>creating</c>, <c>created</c>, <c>running</c>, <c>paused</c> or <c>stopped</c>.</summary>
    public string Status(ContainerStateFile state)
    {
        if (state.Pid == 0)
            return "creating";
        using var process = OpenProcess(state);
        return Status(state, process);
    }

    /// <summary>The same of a container whose process was opened already.</summary>
    public string Status(ContainerStateFile state, PidFd? process)
    {
        if (process is null)
            return state.Pid == 0 ? "creating" : "stopped";
        if (state.CgroupPath is { } path && Cgroup.At(path).IsFrozen)
            return "paused";
        return File.Exists(ExecFifo) ? "created" : "running";
    }

    /// <summary>The state document that hooks receive and <c>state</c> prints.</summary>
    public RuntimeState Describe(ContainerStateFile state, string? status = null)
    {
        status ??= Status(state);
        return new RuntimeState
        {
            OciVersion = RuntimeJson.SpecVersion,
            Id = Id,
            Status = status,
            Pid = status == "stopped" ? null : state.Pid,
            Bundle = state.Bundle,
            Annotations = state.Annotations,
        };
    }

    public void Remove()
    {
        foreach (var file in new[] { StatePath, ConfigPath, ExecFifo })
            _ = FileCalls.UnlinkAt(FileCalls.WorkingDirectory, PathBytes.Terminated(file));
        if (FileCalls.RemoveDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(DirectoryPath)) is not (0 or -Errno.ENOENT))
            Directory.Delete(DirectoryPath, recursive: true);
    }

    private static void CheckId(string id)
    {
        if (!IsId(id))
            throw new CommandException($"'{id}' is not a container id: letters, digits and '_', '+', '-', '.' only, at most 255, not beginning with a dot.");
    }

    private static bool IsId(string id)
    {
        foreach (var c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '+' or '-' or '.'))
                return false;
        }
        return id.Length is > 0 and <= 255 && id[0] != '.';
    }

    private static CommandException Taken(string id) => new($"A container '{id}' exists already: choose another id, or remove it with 'ctrun delete {id}'.");
}
