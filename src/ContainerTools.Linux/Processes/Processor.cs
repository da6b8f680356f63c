using System.Numerics;

namespace ContainerTools.Linux.Processes;

/// <summary>
/// The processor that a thread runs on. The kernel wakes who gets a message from a unix(7) socket on the processor of who has sent it, since that one mostly waits for an answer; in a virtual
/// machine it takes an idle processor for one that the host has taken away, and leaves both of them on one (seen with Linux 6.18 under KVM).
/// </summary>
public static unsafe class Processor
{
    private const int MaskBytes = 1024;

    /// <summary>The number of the calling thread's (getcpu(2)); -1 if the kernel does not say.</summary>
    public static int Current
    {
        get
        {
            uint number = 0;
            return NativeMethods.Syscall(SystemCalls.Getcpu, (long)&number, 0, 0) < 0 ? -1 : (int)number;
        }
    }

    /// <summary>Moves the calling thread away from a processor, if it runs there and may run elsewhere. Where it may run stays as it is (sched_setaffinity(2)).</summary>
    /// <param name="number">The processor.</param>
    /// <returns>Whether it was moved.</returns>
    public static bool Leave(int number)
    {
        if (number is < 0 or >= MaskBytes * 8 || Current != number)
            return false;
        var mask = stackalloc byte[MaskBytes];
        long size = NativeMethods.Syscall(SystemCalls.SchedGetaffinity, 0, MaskBytes, (long)mask);
        if (size <= number / 8)
            return false;
        int bit = 1 << number % 8, others = 0;
        for (int i = 0; i < size; i++)
            others += BitOperations.PopCount(mask[i]);
        if (others < 2)
            return false;
        mask[number / 8] &= (byte)~bit;
        if (NativeMethods.Syscall(SystemCalls.SchedSetaffinity, 0, size, (long)mask) < 0)
            return false;
        mask[number / 8] |= (byte)bit;
        return NativeMethods.Syscall(SystemCalls.SchedSetaffinity, 0, size, (long)mask) >= 0;
    }
}
