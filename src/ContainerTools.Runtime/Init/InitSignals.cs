using ContainerTools.Linux;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Init;

/// <summary>
/// The signals that an init passes on. It begins with them blocked: PID 1 loses a signal that it has no handler for yet, while a blocked one waits.
/// </summary>
internal static class InitSignals
{
    // What a fault of this process itself would raise, what cannot be caught, what tells of children and of terminals; those that the C library and the .NET runtime keep.
    private static readonly int[] s_own = [4, 5, 6, 7, 8, 9, 11, 17, 19, 21, 22, 31, 32, 33, 34];

    /// <summary>Their numbers.</summary>
    public static IEnumerable<int> All => Enumerable.Range(1, Signals.Maximum).Except(s_own);

    /// <summary>All of them as a sigset_t: bit N-1 is signal N.</summary>
    public static long Mask => All.Aggregate(0L, static (mask, number) => mask | 1L << (number - 1));

    /// <summary>Lets them come, to this thread.</summary>
    public static void Unblock() => SignalMask.Unblock(Mask);
}
