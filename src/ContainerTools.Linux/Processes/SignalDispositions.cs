namespace ContainerTools.Linux.Processes;

/// <summary>What this process does about signals (sigaction(2)).</summary>
public static class SignalDispositions
{
    /// <summary>The signals that are ignored, which stays so in whatever is executed.</summary>
    /// <returns>A sigset_t: bit N-1 is signal N.</returns>
    public static unsafe ulong Ignored()
    {
        const int Last = 64, Ignore = 1, SetSize = 8;
        var action = stackalloc long[4]; // struct kernel_sigaction: its handler first
        ulong ignored = 0;
        for (var signal = 1; signal <= Last; signal++)
        {
            if (NativeMethods.Syscall(SystemCalls.RtSigaction, signal, 0, (long)action, SetSize) == 0 && action[0] == Ignore)
                ignored |= 1UL << signal - 1;
        }
        return ignored;
    }
}
