namespace ContainerTools.Linux.Processes;

/// <summary>The signals that a thread does not take for now (rt_sigprocmask(2)).</summary>
public static class SignalMask
{
    private const int UnblockThese = 1, SetSize = 8;

    /// <summary>Takes signals out of this thread's mask.</summary>
    /// <param name="signals">A sigset_t: bit N-1 is signal N.</param>
    public static unsafe void Unblock(long signals)
    {
        if (NativeMethods.Syscall(SystemCalls.RtSigprocmask, UnblockThese, (long)&signals, 0, SetSize) < 0)
            throw LinuxException.Last("rt_sigprocmask");
    }
}
