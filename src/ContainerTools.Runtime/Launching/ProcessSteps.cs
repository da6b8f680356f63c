using System.Numerics;
using ContainerTools.Engine;
using ContainerTools.Engine.Specs;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;
using ContainerTools.Linux.Seccomp;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>The steps that turn the container's process into the one that the document describes, and execute the command.</summary>
internal sealed class ProcessSteps(CallTable table, ProcessSpec process, SeccompFilter? filter)
{
    private const int PathOnly = 0x200000, DirectoryOnly = 0x10000, CloseOnExec = 0x80000, NoMagicLinks = 2;
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>A table with only the last steps of a container's process, from its start on, to explain one that failed.</summary>
    public static CallTable Describe(RuntimeSpec spec)
    {
        var table = new CallTable();
        new ProcessSteps(table, spec.Process!, Filter(spec)) { Layout = new DescriptorLayout(0), Label = LabelSteps.For(spec.Process!) }.AddCommand(new UserData(table));
        return table;
    }

    // It takes a third of a millisecond to compile, and a rehearsal does so. It depends on nothing but the capabilities.
    private static (ulong Capabilities, SeccompFilter? Filter)? s_builtIn;

    /// <summary>The filter of a document, or null.</summary>
    public static SeccompFilter? Filter(RuntimeSpec spec)
    {
        if (spec.Linux?.Seccomp is not null || spec.Annotations?.GetValueOrDefault(Annotations.Seccomp) is not "default")
            return Compile(spec);
        var capabilities = Capabilities.Mask(spec.Process?.Capabilities?.Bounding);
        if (s_builtIn is not { } known || known.Capabilities != capabilities)
            s_builtIn = known = (capabilities, Compile(spec));
        return known.Filter;
    }

    private static SeccompFilter? Compile(RuntimeSpec spec) => SeccompProfiles.FromSpec(spec) is { } profile ? SeccompCompiler.Compile(profile) : null;

    /// <summary>The signals that the command begins with blocked, as a sigset_t; none for an ordinary one.</summary>
    public long BlockedSignals { get; init; }

    /// <summary>The capabilities that the process can have at most.</summary>
    public ulong Available { get; init; }

    /// <summary>Is told which capabilities of the document the process will not have, or null.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>The process's descriptors.</summary>
    public required DescriptorLayout Layout { get; init; }

    /// <summary>Whether its user namespace lets it set supplementary groups.</summary>
    public bool SetsGroups { get; init; } = true;

    /// <summary>The security label that the command runs under, or null.</summary>
    public LabelSteps? Label { get; init; }

    /// <summary>Where in the data the message to the filter's listener is, and how long.</summary>
    public (int Offset, int Size) ListenerMessage { get; init; }

    /// <summary>Identity and directory: everything that fails for the command's sake but its own execution.</summary>
    public void AddIdentity(UserData user)
    {
        const int BoundingDrop = 24, KeepCapabilities = 8, NoNewPrivileges = 38;
        WarnOfCapabilities();
        var bounding = Capabilities.Mask(process.Capabilities?.Bounding);
        var last = Capabilities.LastOfKernel();
        for (var capability = 0; capability <= last; capability++)
        {
            if ((bounding >> capability & 1) == 0)
                table.Add("prctl(PR_CAPBSET_DROP)", null, SystemCalls.Prctl, BoundingDrop, capability, 0, 0, 0);
        }
        table.Add("prctl(PR_SET_KEEPCAPS)", null, SystemCalls.Prctl, KeepCapabilities, 1, 0, 0, 0);
        if (SetsGroups)
            table.Add("setgroups", null, SystemCalls.Setgroups, user.GroupCount, user.Groups).OnError(errno => UserError("supplementary groups", errno));
        table.Add("setresgid", null, SystemCalls.Setresgid, user.GroupId, user.GroupId, user.GroupId).OnError(errno => UserError("group id", errno));
        table.Add("setresuid", null, SystemCalls.Setresuid, user.UserId, user.UserId, user.UserId).OnError(errno => UserError("user id", errno));
        // A change from user 0 cleared the effective set; the steps before the command need it.
        AddCapabilities(Available, Available, 0);
        if (process.NoNewPrivileges)
            table.Add("prctl(PR_SET_NO_NEW_PRIVS)", null, SystemCalls.Prctl, NoNewPrivileges, 1, 0, 0, 0);
        table.Add("umask", null, SystemCalls.Umask, process.User.Umask ?? 0x12);
        var directory = process.Cwd.Length > 0 ? process.Cwd : "/";
        if (directory[0] != '/')
            throw NamespacePlan.Invalid($"its working directory '{directory}' does not begin with '/'");
        // Not through /proc/PID/fd and the like: such a link may lead out of the container.
        var opened = table.Add("open", directory, SystemCalls.Openat2, ChildSteps.CurrentDirectory, table.Text(directory), table.Longs(PathOnly | DirectoryOnly | CloseOnExec, 0, NoMagicLinks), 24)
            .OnError(errno => DirectoryError(directory, errno));
        table.Add("fchdir", directory, SystemCalls.Fchdir, opened).OnError(errno => DirectoryError(directory, errno));
        AddCommandCheck();
        ProcessLimits.AddOwn(table, process);
    }

    // Engines expect a missing command to be an error of 'create' already. What only the execution shows is one of 'start'.
    private void AddCommandCheck()
    {
        const int Executable = 1;
        var (command, candidates) = CommandCandidates();
        foreach (var tolerated in new int[][] { [Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES], [Errno.ENOENT, Errno.ENOTDIR] })
        {
            for (var i = 0; i < candidates.Count; i++)
            {
                Check(candidates[i]).Tolerate(tolerated, skip: 1);
                // Found: past all the others, and past the error.
                var others = (candidates.Count - 1 - i) * 2 + (tolerated.Length == 3 ? candidates.Count * 2 : 0) + 1;
                table.Add("getpid", null, SystemCalls.Getpid).SkipOnPositive(others);
            }
        }
        Check(candidates[^1]);

        CallStep Check(string path) => table.Add("faccessat", path, SystemCalls.Faccessat, ChildSteps.CurrentDirectory, table.Text(path), Executable).OnError(errno => CommandError(command, path, errno));
    }

    /// <summary>The filter, the capabilities and the command, after the container was told to start.</summary>
    /// <param name="user">Where HOME comes from when the document has none.</param>
    public void AddCommand(UserData user)
    {
        const int DefaultAction = 0, SetMask = 2;
        // Executing a program ends every handler, but what is ignored stays so: .NET ignores SIGPIPE.
        var action = table.Longs(DefaultAction, 0, 0, 0);
        for (var ignored = SignalDispositions.Ignored(); ignored != 0; ignored &= ignored - 1)
            table.Add("rt_sigaction", null, SystemCalls.RtSigaction, BitOperations.TrailingZeroCount(ignored) + 1, action, 0, 8);
        table.Add("rt_sigprocmask", null, SystemCalls.RtSigprocmask, SetMask, table.Longs(BlockedSignals), 0, 8);
        Label?.AddWriting(table, Layout.Label);
        // Installing a filter needs CAP_SYS_ADMIN unless no_new_privs is set: so it comes first then, and last, narrowest, otherwise.
        if (!process.NoNewPrivileges)
            AddFilter();
        AddFinalCapabilities();
        if (process.NoNewPrivileges)
            AddFilter();
        AddExecution(user);
    }

    // The specification has those that cannot be given be no error, but be told.
    private void WarnOfCapabilities()
    {
        if (Warn is null || process.Capabilities is not { } sets)
            return;
        var missing = new List<string>();
        foreach (var set in new[] { sets.Bounding, sets.Effective, sets.Permitted, sets.Inheritable, sets.Ambient })
        {
            foreach (var name in set ?? [])
            {
                if ((!Capabilities.TryParse(name, out var number) || (Available >> number & 1) == 0) && !missing.Contains(name))
                    missing.Add(name);
            }
        }
        if (missing.Count > 0)
            Warn($"The process goes without {string.Join(", ", missing)}: the kernel does not know such a capability, or the runtime has it not to give.");
    }

    private void AddFinalCapabilities()
    {
        const int Ambient = 47, Raise = 2, ClearAll = 4;
        var permitted = Capabilities.Mask(process.Capabilities?.Permitted) & Available;
        var inheritable = Capabilities.Mask(process.Capabilities?.Inheritable) & Available;
        var ambient = Capabilities.Mask(process.Capabilities?.Ambient) & permitted & inheritable;
        AddCapabilities(Capabilities.Mask(process.Capabilities?.Effective) & permitted, permitted, inheritable);
        table.Add("prctl(PR_CAP_AMBIENT)", null, SystemCalls.Prctl, Ambient, ClearAll, 0, 0, 0).Tolerate([Errno.EINVAL]);
        for (var capability = 0; capability < 64; capability++)
        {
            if ((ambient >> capability & 1) != 0)
                table.Add("prctl(PR_CAP_AMBIENT_RAISE)", null, SystemCalls.Prctl, Ambient, Raise, capability, 0, 0);
        }
    }

    private void AddCapabilities(ulong effective, ulong permitted, ulong inheritable)
    {
        const uint Version3 = 0x20080522;
        table.Add("capset", null, SystemCalls.Capset, table.Integers(Version3, 0),
            table.Integers((uint)effective, (uint)permitted, (uint)inheritable, (uint)(effective >> 32), (uint)(permitted >> 32), (uint)(inheritable >> 32)));
    }

    private void AddFilter()
    {
        const int SetModeFilter = 1, CloseOnExec = 0x80000;
        if (filter is null)
            return;
        // One thread needs no synchronization, and with a listener the kernel refuses it.
        var flags = filter.Flags & ~SeccompFlags.Tsync | (filter.NeedsListener ? SeccompFlags.NewListener : 0);
        // struct sock_fprog: count of 16 bits, then the pointer
        var program = table.Reserve(16);
        table.Set(program, (long)filter.Count);
        table.Point(program + 8, table.Store(filter.Program.Span));
        var listener = table.Add("seccomp", null, SystemCalls.Seccomp, SetModeFilter, flags, CallArgument.AddressOf(program));
        if (!filter.NeedsListener)
            return;
        // EINVAL: it has that number already.
        table.Add("dup3", "the seccomp listener", SystemCalls.Dup3, listener, Layout.Spare, CloseOnExec).Tolerate([Errno.EINVAL]).OnError(ListenerError);
        Channel.AddMessage(table, Layout.Listener, ListenerMessage.Offset, ListenerMessage.Size, Layout.Spare).OnError(ListenerError);
    }

    private static ContainerToolsException ListenerError(int errno) => new("SeccompListenerFailed", ErrorKind.InvalidState,
        $"The seccomp listener could not be handed to the program that decides: {LinuxException.Describe(errno)}{(errno == Errno.EPERM ? " (the filter itself refuses dup3 or sendmsg)" : "")}.");

    internal static ContainerToolsException DirectoryError(string directory, int errno) => new("WorkingDirectoryNotFound", ErrorKind.NotFound,
        $"The container cannot start in the directory '{directory}': {(errno == Errno.ELOOP ? "it leads through a link of /proc, perhaps out of the container" : LinuxException.Describe(errno))}. "
        + "Choose a directory that exists in the image, or create it.", directory);

    private void AddExecution(UserData user)
    {
        var (command, candidates) = CommandCandidates();
        var environment = Distinct(process.Env ?? []);
        var hasHome = environment.Exists(variable => variable.StartsWith("HOME=", StringComparison.Ordinal));
        var argv = table.Vector(process.Args!);
        var envp = table.Vector(environment, hasHome ? -1 : user.Home);
        // As execvp(3): first whichever works, then, if one exists that cannot be executed, its error, and only then 'not found'.
        foreach (var candidate in candidates)
            Execute(candidate).Tolerate([Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES]);
        if (candidates.Count > 1)
        {
            foreach (var candidate in candidates)
                Execute(candidate).Tolerate([Errno.ENOENT, Errno.ENOTDIR]);
        }
        Execute(candidates[^1]);

        CallStep Execute(string path) => table.Add("execve", path, SystemCalls.Execve, table.Text(path), argv, envp).OnError(errno => CommandError(command, path, errno));
    }

    // Who reads a variable that is there twice finds either one: the last of the document counts.
    private static List<string> Distinct(List<string> environment)
    {
        var kept = new List<string>(environment.Count);
        for (var i = 0; i < environment.Count; i++)
        {
            var name = NameOf(environment[i]);
            var again = false;
            for (var later = i + 1; later < environment.Count && !again; later++)
                again = name.Length > 0 && name.SequenceEqual(NameOf(environment[later]));
            if (!again)
                kept.Add(environment[i]);
        }
        return kept;

        static ReadOnlySpan<char> NameOf(string variable) => variable.AsSpan(0, variable.IndexOf('=', StringComparison.Ordinal) + 1);
    }

    private (string Command, List<string> Candidates) CommandCandidates()
    {
        var command = process.Args is { Count: > 0 } arguments ? arguments[0] : throw NamespacePlan.Invalid("it has no command");
        return (command, Candidates(command, process.Env ?? []));
    }

    private static List<string> Candidates(string command, List<string> environment)
    {
        if (command.Length == 0)
            throw NamespacePlan.Invalid("its command is empty");
        if (command.Contains('/', StringComparison.Ordinal))
            return [command];
        var path = environment.FindLast(variable => variable.StartsWith("PATH=", StringComparison.Ordinal))?[5..] ?? DefaultPath;
        return [.. path.Split(':').Select(directory => directory.Length == 0 ? command : directory.TrimEnd('/') + "/" + command)];
    }

    private static ContainerToolsException CommandError(string command, string path, int errno) => errno switch
    {
        Errno.ENOENT or Errno.ENOTDIR => new ContainerToolsException("CommandNotFound", ErrorKind.NotFound,
            command.Contains('/', StringComparison.Ordinal)
                ? $"The command '{command}' cannot be run: no such file or directory in the container, or the interpreter or loader that the file names is missing."
                : $"The command '{command}' was not found in the container's PATH: no such file or directory.", command),
        Errno.EACCES => new ContainerToolsException("CommandNotExecutable", ErrorKind.PermissionDenied,
            $"The command '{path}' cannot be run: permission denied. It is a directory, or the container's user may not execute it.", command),
        Errno.ENOEXEC => new ContainerToolsException("CommandNotExecutable", ErrorKind.InvalidData,
            $"The command '{path}' cannot be run: it is no program for this machine, and has no '#!' line.", command),
        _ => new ContainerToolsException("CommandNotExecutable", ErrorKind.InvalidData, $"The command '{path}' cannot be run: {LinuxException.Describe(errno)}.", command),
    };

    private static ContainerToolsException UserError(string what, int errno) => new("UserNotMapped", ErrorKind.InvalidArgument, errno == Errno.EINVAL
        ? $"The container's user cannot have its {what}: its user namespace does not map all of that."
        : $"The container's user cannot have its {what}: {LinuxException.Describe(errno)}.");
}
