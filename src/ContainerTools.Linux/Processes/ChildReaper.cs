using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Processes;

/// <summary>Collects children, whoever they are (waitid(2) with P_ALL): for a process that orphans are given to.</summary>
public static class ChildReaper
{
    private const int AnyChild = 0, Exited = 4, CodeExited = 1, Interrupted = 4;

    /// <summary>Waits until a child ends, and collects it.</summary>
    /// <returns>Which it was and how it ended; null when there are no children.</returns>
    public static unsafe (int Pid, ExitStatus Status)? WaitForAny()
    {
        // siginfo_t: si_code at 8, si_pid at 12 + 4, si_status at 24 on both architectures.
        var info = stackalloc int[32];
        while (NativeMethods.Syscall(SystemCalls.Waitid, AnyChild, 0, (long)info, Exited) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
                return null;
        }
        return (info[4], new ExitStatus(info[6], info[2] != CodeExited));
    }
}
