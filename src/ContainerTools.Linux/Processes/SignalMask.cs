namespace ContainerTools.Linux.Processes;

/// <summary>The signals that a thread does not take for now (rt_sigprocmask(2)).</summary>
public static class SignalMask
{
    private const int BlockThese = 0, UnblockThese = 1, SetMask = 2, SetSize = 8;

    /// <summary>Holds signals back from this thread, and from those that it makes meanwhile, until the result is disposed of.</summary>
    /// <param name="numbers">The signals' numbers.</param>
    /// <exception cref="LinuxException">One is no signal.</exception>
    public static unsafe IDisposable Hold(IEnumerable<int> numbers)
    {
        long signals = numbers.Aggregate(0L, (all, number) => all | 1L << number - 1), before;
        if (NativeMethods.Syscall(SystemCalls.RtSigprocmask, BlockThese, (long)&signals, (long)&before, SetSize) < 0)
            throw LinuxException.Last("rt_sigprocmask");
        return new Held(before);
    }

    /// <summary>Takes signals out of this thread's mask.</summary>
    /// <param name="signals">A sigset_t: bit N-1 is signal N.</param>
    public static unsafe void Unblock(long signals)
    {
        if (NativeMethods.Syscall(SystemCalls.RtSigprocmask, UnblockThese, (long)&signals, 0, SetSize) < 0)
            throw LinuxException.Last("rt_sigprocmask");
    }

    private sealed class Held(long before) : IDisposable
    {
        public unsafe void Dispose()
        {
            var mask = before;
            _ = NativeMethods.Syscall(SystemCalls.RtSigprocmask, SetMask, (long)&mask, 0, SetSize);
        }
    }
}
