using System.Globalization;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Rootless;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Launching;
using ContainerTools.Runtime.Session;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Commands;

/// <summary>
/// Runs a command in a container of this product that another runtime has made, by that runtime's <c>exec</c>. Such a runtime knows no names of users, and not what the container has beside
/// its document: it gets a whole process document, which says all that the command is to have.
/// </summary>
/// <param name="monitor">The container's monitor, where the root file system is mounted, for which such runtimes look again.</param>
/// <param name="directory">The container's directory.</param>
/// <param name="runtime">The runtime's path.</param>
/// <param name="globalOptions">What stands before each of its commands.</param>
internal sealed class OtherRuntimeCall(int monitor, string directory, string runtime, IReadOnlyList<string> globalOptions)
{
    /// <summary>Reads the values of <see cref="OtherRuntime.ByOption"/>.</summary>
    public static OtherRuntimeCall Read(ArgumentReader arguments)
    {
        int monitor = int.Parse(arguments.Value(), CultureInfo.InvariantCulture);
        string directory = arguments.Value(), runtime = arguments.Value();
        var options = new string[int.Parse(arguments.Value(), CultureInfo.InvariantCulture)];
        for (int i = 0; i < options.Length; i++)
            options[i] = arguments.Value();
        return new OtherRuntimeCall(monitor, directory, runtime, options);
    }

    /// <summary>Becomes the other runtime. Returns only where an ordinary user's namespace has to be entered before: with the exit code then.</summary>
    /// <exception cref="ContainerToolsException">UserNotFound, GroupNotFound, WorkingDirectoryNotFound, ExecFailed.</exception>
    public int Run(GlobalOptions global, ExecRequest request)
    {
        if (UserSession.IsNeeded)
            return UserSessionEntry.Run(Environment.GetCommandLineArgs()[1..], monitor);
        var status = StatusReader.Read(directory);
        using var container = status.State is ContainerState.Running or ContainerState.Paused ? PidFd.TryOpen(status.Pid, status.PidStartTime) : null;
        if (container is null)
            throw new CommandException($"The container '{request.Id}' is not running.");
        var document = Complete(request, status.Pid);
        // A namespace can be entered by a thread that shares its root and working directory with no other.
        MountApi.EnterPrivateNamespace();
        using (var mounts = NamespaceFile.Open(monitor, NamespaceKinds.Mount))
            NamespaceFile.Enter(mounts, NamespaceKinds.Mount);
        bool terminal = request.ConsoleSocket is not null;
        using var file = AnonymousFile.Create("process", RuntimeJson.WriteProcess(document));
        int descriptor = (int)file.DangerousGetHandle();
        EventCalls.SetCloseOnExec(descriptor, false);
        List<string> call = [runtime, .. globalOptions];
        if (global.Log is { } log)
            call.AddRange(["--log", log, "--log-format", global.LogJson ? "json" : "text"]);
        call.AddRange(["exec", "--process", string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}")]);
        if (request.ConsoleSocket is { } socket)
            call.AddRange(["--tty", "--console-socket", socket]);
        if (request.Detach || terminal)
            call.Add("--detach");
        if (terminal)
            return RunInTerminal(call, request, descriptor);
        call.Add(request.Id);
        int error = EventCalls.Replace(runtime, call, ChildProcess.OwnEnvironment());
        throw new ContainerToolsException("RuntimeNotFound", ErrorKind.NotFound, $"The runtime '{runtime}', which has made the container, cannot be run: {LinuxException.Describe(-error)}.", runtime);
    }

    /// <summary>Where another program takes the terminal, some runtimes want to be left out of the rest: then this process waits for the command instead of them.</summary>
    private int RunInTerminal(List<string> call, ExecRequest request, int descriptor)
    {
        const int GetFlags = 1, CloseOnExec = 1;
        string pidFile = request.ConsoleSocket + ".pid";
        EventCalls.BecomeSubreaper();
        Dictionary<int, int> descriptors = new() { [descriptor] = descriptor };
        // What the caller names, such as a log, may be an open file of this process.
        foreach (string entry in Directory.GetFiles("/proc/self/fd"))
        {
            int inherited = int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture);
            if (inherited > 2 && inherited != descriptor && (NativeMethods.Fcntl(inherited, GetFlags, 0) & (CloseOnExec | int.MinValue)) == 0)
                descriptors.Add(inherited, inherited);
        }
        try
        {
            using (var started = ChildProcess.Spawn(runtime, [.. call, "--pid-file", pidFile, request.Id], new SpawnOptions { Descriptors = descriptors }))
            {
                int code = started.Reap()?.ShellCode ?? 128 + Signals.Kill;
                if (code != 0)
                    return code;
            }
            using var command = PidFd.Open(int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture));
            return command.Reap()?.ShellCode ?? 128 + Signals.Kill;
        }
        finally
        {
            File.Delete(pidFile);
        }
    }

    /// <summary>The command's process, with what only the container's own files say.</summary>
    private ProcessSpec Complete(ExecRequest request, int pid)
    {
        var spec = RuntimeJson.ReadSpec(File.ReadAllBytes(Path.Combine(directory, ContainerFiles.Specification)));
        var (process, user, groups) = request.Complete(spec);
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/root");
        using var root = FileCalls.Open(path, OpenFlags.Path);
        var resolved = ContainerLauncher.ResolveUser(root, process.User, user, groups);
        process.User = new UserSpec { Uid = resolved.UserId, Gid = resolved.GroupId, AdditionalGids = [.. resolved.AdditionalGroups], Umask = process.User.Umask };
        process.Env ??= [];
        if (!process.Env.Exists(variable => variable.StartsWith("HOME=", StringComparison.Ordinal)))
            process.Env.Add("HOME=" + resolved.Home);
        if ((NamespaceFile.DifferencesTo(pid) & NamespaceKinds.User) == 0)
            process.Capabilities = Limit(process.Capabilities, OwnCapabilities.Permitted);
        CheckDirectory(root, process.Cwd);
        return process;
    }

    /// <summary>What nobody here has cannot be given, of which others make an error.</summary>
    private static CapabilitiesSpec? Limit(CapabilitiesSpec? sets, ulong most)
    {
        return sets is null ? null : new CapabilitiesSpec
        {
            Bounding = Within(sets.Bounding),
            Effective = Within(sets.Effective),
            Permitted = Within(sets.Permitted),
            Inheritable = Within(sets.Inheritable),
            Ambient = Within(sets.Ambient),
        };

        List<string>? Within(List<string>? set) => set?.FindAll(name => Capabilities.TryParse(name, out var number) && (most >> number & 1) != 0);
    }

    // They say of a missing directory the same as of a missing command, if anything; one of them makes it.
    private static void CheckDirectory(SafeFileHandle root, string path)
    {
        using var directory = LocalDirectory.Of((int)root.DangerousGetHandle());
        int error = directory.TryFollow(PathBytes.Terminated(path), out var file);
        using (file)
        {
            if (error < 0)
                throw ProcessSteps.DirectoryError(path, -error);
            if (FileCalls.Status((int)file!.DangerousGetHandle(), out var status) >= 0 && status.Type != FileType.Directory)
                throw ProcessSteps.DirectoryError(path, Errno.ENOTDIR);
        }
    }
}
