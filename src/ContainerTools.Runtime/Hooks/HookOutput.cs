using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Hooks;

/// <summary>
/// What one hook writes to its standard output and error: kept in memory, and told if it fails. The runtime's own are the container's, whose reader would take the hook's
/// words for the command's, or may be gone, which must not be the hook's end.
/// </summary>
internal sealed class HookOutput : IDisposable
{
    private const int Shown = 1000, Most = 1 << 20, LookMilliseconds = 50;

    private readonly SafeFileHandle _file = AnonymousFile.Create("hook", []);

    /// <summary>The descriptor that the hook writes to.</summary>
    public int Descriptor => (int)_file.DangerousGetHandle();

    /// <summary>Waits for the hook's end, within its time limit.</summary>
    /// <param name="kind">Its kind, for the error.</param>
    /// <param name="hook">The hook.</param>
    /// <param name="process">Its process, collected afterwards.</param>
    /// <exception cref="CommandException">It failed, or did not end in time.</exception>
    public void Await(string kind, HookSpec hook, PidFd process)
    {
        TimeSpan? limit = hook.Timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        bool ended = Wait(process, limit);
        // What it leaves behind may go on writing for ever.
        AnonymousFile.SealSize(_file);
        if (!ended)
        {
            process.SendSignal(Signals.Kill);
            _ = process.Reap();
            throw new CommandException($"The {kind} hook '{hook.Path}' did not end within {limit!.Value.TotalSeconds} s, its time limit, and was killed{Text()}");
        }
        if (process.Reap() is { ShellCode: not 0 } status)
            throw new CommandException($"The {kind} hook '{hook.Path}' failed with exit code {status.ShellCode}{Text()}");
    }

    public void Dispose() => _file.Dispose();

    private bool Wait(PidFd process, TimeSpan? limit)
    {
        long end = limit is { } time ? Environment.TickCount64 + (long)time.TotalMilliseconds : long.MaxValue;
        while (true)
        {
            if (process.WaitForExit(TimeSpan.FromMilliseconds(Math.Clamp(end - Environment.TickCount64, 0, LookMilliseconds)), CancellationToken.None))
                return true;
            if (Environment.TickCount64 >= end)
                return false;
            // Who writes without end goes on where it was, and what lies before takes no memory.
            if (RandomAccess.GetLength(_file) > Most)
                RandomAccess.SetLength(_file, 0);
        }
    }

    // The last it wrote, which is most often why.
    private string Text()
    {
        var length = RandomAccess.GetLength(_file);
        var bytes = new byte[Math.Min(length, Shown)];
        var read = RandomAccess.Read(_file, bytes, length - bytes.Length);
        var text = Encoding.UTF8.GetString(bytes, 0, read).Trim();
        return text.Length == 0 ? "." : ": " + text;
    }
}
