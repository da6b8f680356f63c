using System.Globalization;
using ContainerTools.Runtime.State;

namespace ContainerTools.Runtime.Commands;

/// <summary>
/// Gives a command that was just started the moment it needs to set up its handler of a signal. The kernel drops what the first process of a PID namespace neither
/// handles nor blocks, so that a signal right after the start would be lost without a word (pid_namespaces(7)).
/// </summary>
internal static class YoungCommand
{
    // What SIGCHLD, SIGCONT, SIGURG and SIGWINCH do without a handler is nothing, or works in any case; SIGKILL and SIGSTOP have none.
    private const ulong WithoutHandler = 1UL << 8 | 1UL << 16 | 1UL << 17 | 1UL << 18 | 1UL << 22 | 1UL << 27;

    private static readonly TimeSpan Youth = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits, at most for a fifth of a second, until the signal would not be dropped.</summary>
    /// <param name="directory">The container's state; its last change was when the start took the FIFOs away.</param>
    /// <param name="pid">The container's first process.</param>
    /// <param name="signal">The signal.</param>
    public static void AwaitHandler(StateDirectory directory, int pid, int signal)
    {
        if ((WithoutHandler >> (signal - 1) & 1) != 0 || File.Exists(directory.ExecFifo)
            || (DateTime.UtcNow - Directory.GetLastWriteTimeUtc(directory.DirectoryPath)).Duration() > Youth)
            return;
        var begin = Environment.TickCount64;
        while (IsDropped(pid, signal) && Environment.TickCount64 - begin < Patience.TotalMilliseconds)
            Thread.Sleep(1);
    }

    private static bool IsDropped(int pid, int signal)
    {
        var (first, kept) = (false, 0UL);
        try
        {
            foreach (var line in File.ReadLines($"/proc/{pid}/status"))
            {
                if (line.StartsWith("NSpid:", StringComparison.Ordinal))
                    first = line.Split('\t') is { Length: > 2 } ids && ids[^1] == "1";
                else if (line.StartsWith("SigBlk:", StringComparison.Ordinal) || line.StartsWith("SigIgn:", StringComparison.Ordinal) || line.StartsWith("SigCgt:", StringComparison.Ordinal))
                    kept |= ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }
        catch (IOException)
        {
            // It has ended.
            return false;
        }
        return first && (kept >> (signal - 1) & 1) == 0;
    }
}
