using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Launching;
using ContainerTools.Runtime.State;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Hooks;

/// <summary>Runs hooks inside a container's namespaces (runtime-spec config.md: createContainer, startContainer).</summary>
internal static class ContainerHooks
{
    /// <summary>The hooks just before the command.</summary>
    public static void AtStart(RuntimeSpec spec, StateDirectory directory, ContainerStateFile state)
    {
        if (spec.Hooks?.StartContainer is { Count: > 0 } hooks)
            Run("startContainer", hooks, directory.Describe(state, "created"), state.Pid);
    }

    /// <summary>Runs hooks of one kind; the paths are looked up in the container's mount namespace.</summary>
    /// <param name="kind">The kind, for the error.</param>
    /// <param name="hooks">The hooks.</param>
    /// <param name="state">What they receive.</param>
    /// <param name="pid">The container's process.</param>
    public static void Run(string kind, IReadOnlyList<HookSpec>? hooks, RuntimeState state, int pid)
    {
        foreach (var hook in hooks ?? [])
            Run(kind, hook, RuntimeJson.WriteState(state), pid);
    }

    private static void Run(string kind, HookSpec hook, byte[] state, int pid)
    {
        using var container = PidFd.Open(pid);
        using var input = AnonymousFile.Create("state", state);
        using var output = new HookOutput();
        using var root = OpenRoot(pid);
        using var layout = new DescriptorLayout(0);
        using var channel = Channel.Create();
        var table = new CallTable();
        var socket = layout.Above((int)channel.Other.DangerousGetHandle());
        table.Add("close", null, SystemCalls.Close, (int)channel.Own.DangerousGetHandle());
        var kinds = NamespaceFile.DifferencesTo(pid);
        table.Add("setns", "the container's namespaces", SystemCalls.Setns, layout.Above(container.Fd), (long)(kinds & ~(NamespaceKinds.Pid | NamespaceKinds.Time)));
        if ((kinds & NamespaceKinds.User) != 0)
            ContainerTable.BecomeRoot(table);
        // Entering a mount namespace leads to its topmost root: before the root is changed that is the container's already, but the process's is still the host's.
        table.Add("fchdir", "/", SystemCalls.Fchdir, layout.Above((int)root.DangerousGetHandle()));
        table.Add("chroot", "/", SystemCalls.Chroot, table.Text("."));
        table.Add("dup3", null, SystemCalls.Dup3, layout.Above((int)input.DangerousGetHandle()), 0, 0);
        for (var stream = 1; stream <= 2; stream++)
            table.Add("dup3", null, SystemCalls.Dup3, layout.Above(output.Descriptor), stream, 0);
        table.Add("close_range", null, SystemCalls.CloseRange, 3, uint.MaxValue, 4 /* CLOSE_RANGE_CLOEXEC */);
        var action = table.Longs(0, 0, 0, 0);
        table.Add("rt_sigaction", null, SystemCalls.RtSigaction, 13 /* SIGPIPE, which .NET ignores */, action, 0, 8);
        table.Add("rt_sigprocmask", null, SystemCalls.RtSigprocmask, 2, table.Longs(0), 0, 8);
        table.Add("execve", hook.Path, SystemCalls.Execve, table.Text(hook.Path), table.Vector(hook.Args is { Count: > 0 } arguments ? arguments : [hook.Path]), table.Vector(hook.Env ?? []));
        var process = JoinedNamespaces.Run<TableProcess>((kinds & NamespaceKinds.Pid) == 0 || !OwnCapabilities.CanAdministrate ? [] : [(NamespaceKinds.Pid, $"/proc/{pid}/ns/pid")],
            () => TableProcess.Start(table, socket, 0));
        channel.Other.Dispose();
        Await(kind, hook, process, channel, table, output);
    }

    private static SafeFileHandle OpenRoot(int pid)
    {
        var path = $"/proc/{pid}/root";
        var fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, System.Text.Encoding.UTF8.GetBytes(path + '\0'), OpenFlags.Path);
        return new SafeFileHandle(LinuxException.ThrowIfFailed(fd, "open", path), ownsHandle: true);
    }

    private static void Await(string kind, HookSpec hook, TableProcess process, Channel channel, CallTable table, HookOutput output)
    {
        using var hookProcess = process.Process;
        try
        {
            _ = LaunchFailures.Receive(channel, out _, table, table);
        }
        catch (Engine.ContainerToolsException e)
        {
            _ = hookProcess.Reap();
            throw new CommandException($"The {kind} hook '{hook.Path}' cannot be started: {e.Message}", inner: e);
        }
        finally
        {
            process.Dispose();
        }
        output.Await(kind, hook, hookProcess);
    }
}
