using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Namespaces;

/// <summary>User namespaces: this process's own, and those made for their maps alone, for id-mapped mounts.</summary>
public static class UserNamespace
{
    /// <summary>Whether this process is in the host's user namespace, as every process is that nobody put into another one.</summary>
    public static bool IsInitial { get; } = IdMap.Read(Environment.ProcessId) is [] or [{ Inside: 0, Outside: 0, Count: uint.MaxValue }];

    /// <summary>Whether this process is the host's root, and not an ordinary user or root of a user namespace.</summary>
    public static bool IsHostRoot { get; } = Environment.IsPrivilegedProcess && IsInitial;

    /// <summary>Makes one. A short-lived process holds it until it is open.</summary>
    /// <param name="users">Its user ids.</param>
    /// <param name="groups">Its group ids.</param>
    public static SafeFileHandle Create(IReadOnlyList<IdMap> users, IReadOnlyList<IdMap> groups)
    {
        using var channel = Channel.Create();
        var table = new CallTable();
        var socket = (int)channel.Other.DangerousGetHandle();
        // Its copy of this side would keep it from seeing this process end.
        table.Add("close", null, SystemCalls.Close, (int)channel.Own.DangerousGetHandle());
        table.Add("read", null, SystemCalls.Read, socket, CallArgument.AddressOf(table.Reserve(8)), 1).FailOnZero();
        table.Add("exit_group", null, SystemCalls.ExitGroup, 0);
        using var process = TableProcess.Start(table, socket, (ulong)NamespaceKinds.User);
        using (process.Process)
        {
            try
            {
                IdMap.Write(process.Process.Pid, users, groups);
                return NamespaceFile.Open(process.Process.Pid, NamespaceKinds.User);
            }
            finally
            {
                channel.Send([0]);
                _ = process.Process.Reap();
            }
        }
    }
}
