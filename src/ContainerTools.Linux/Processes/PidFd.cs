using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Processes;

/// <summary>A process held by file descriptor (pidfd_open(2)), so that a reused process id is never mistaken for it.</summary>
public sealed class PidFd : IDisposable
{
    private const int P_PIDFD = 3;
    private const int WEXITED = 4, WNOHANG = 1, WNOWAIT = 0x01000000;
    private const int CLD_EXITED = 1;
    private const int EINTR = 4;
    private const int ESRCH = 3;
    private const short POLLIN = 1;

    private readonly SafeFileHandle _handle;

    private PidFd(SafeFileHandle handle, int pid)
    {
        _handle = handle;
        Pid = pid;
    }

    /// <summary>The process id it had when it was opened, in the caller's PID namespace.</summary>
    public int Pid { get; }

    /// <summary>The file descriptor; it stays owned by this object.</summary>
    public SafeFileHandle Handle => _handle;

    /// <summary>The file descriptor's number, valid while this object lives.</summary>
    public int Fd => (int)_handle.DangerousGetHandle();

    /// <summary>Opens a process.</summary>
    /// <param name="pid">Its process id.</param>
    /// <returns>The open process.</returns>
    /// <exception cref="LinuxException">ESRCH when there is none.</exception>
    public static PidFd Open(int pid)
    {
        var fd = NativeMethods.Syscall(SystemCalls.PidfdOpen, pid);
        return fd < 0
            ? throw LinuxException.Last("pidfd_open", pid.ToString(CultureInfo.InvariantCulture))
            : new PidFd(new SafeFileHandle((nint)fd, ownsHandle: true), pid);
    }

    /// <summary>Opens a process if it exists and is the one that started at the given time.</summary>
    /// <param name="pid">Its process id.</param>
    /// <param name="startTime">Its start time as <see cref="ReadStartTime"/> gave it; null accepts any.</param>
    /// <returns>The open process, or null when it is gone, a zombie, or another process has the id now.</returns>
    public static PidFd? TryOpen(int pid, ulong? startTime = null)
    {
        if (pid <= 0)
            return null;
        var fd = NativeMethods.Syscall(SystemCalls.PidfdOpen, pid);
        if (fd < 0)
            return null;
        var opened = new PidFd(new SafeFileHandle((nint)fd, ownsHandle: true), pid);
        // Read after opening: if the numbers agree now, the descriptor holds that process.
        if ((startTime is null || ReadStartTime(pid) == startTime) && !opened.HasExited)
            return opened;
        opened.Dispose();
        return null;
    }

    internal static PidFd FromDescriptor(int fd, int pid) => new(new SafeFileHandle(fd, ownsHandle: true), pid);

    /// <summary>True when the process has ended (it may still be a zombie).</summary>
    public bool HasExited => Poll(0, -1);

    /// <summary>When a process started, in clock ticks since boot (field 22 of proc_pid_stat(5)).</summary>
    /// <param name="pid">Its process id.</param>
    /// <returns>The time, or null when there is no such process.</returns>
    public static ulong? ReadStartTime(int pid) => ReadStat(pid)?.StartTime;

    /// <summary>A process's state letter and start time, from one read of /proc/PID/stat (proc_pid_stat(5), fields 3 and 22).</summary>
    /// <param name="pid">Its process id.</param>
    /// <returns>The state (<c>R S D Z T t X I</c>) and the time in clock ticks since boot, or null when there is no such process.</returns>
    public static (char State, ulong StartTime)? ReadStat(int pid)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var length = ReadSmallFile($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat", buffer);
        if (length <= 0)
            return null;
        // The second field is the name in parentheses and may contain anything; what follows the last parenthesis is regular.
        var rest = Encoding.ASCII.GetString(buffer[..length]);
        var fields = rest[(rest.LastIndexOf(')') + 2)..].Split(' ');
        return fields.Length > 19 && ulong.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            ? (fields[0][0], time)
            : null;
    }

    /// <summary>Sends a signal.</summary>
    /// <param name="signal">Its number; 0 only tests.</param>
    /// <returns>False when the process is gone already.</returns>
    /// <exception cref="LinuxException">EPERM, EINVAL.</exception>
    public bool SendSignal(int signal)
    {
        if (NativeMethods.Syscall(SystemCalls.PidfdSendSignal, Fd, signal) == 0)
            return true;
        var errno = Marshal.GetLastPInvokeError();
        return errno == ESRCH ? false : throw new LinuxException(errno, "pidfd_send_signal", Pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until the process ends. It need not be a child of this one.</summary>
    /// <param name="timeout">How long to wait; null waits for ever.</param>
    /// <param name="cancellationToken">Ends the wait early.</param>
    /// <returns>False when the time was over first.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool WaitForExit(TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var milliseconds = timeout is { } t ? (int)Math.Min(int.MaxValue, Math.Max(0, Math.Ceiling(t.TotalMilliseconds))) : -1;
        if (!cancellationToken.CanBeCanceled)
            return Poll(milliseconds, -1);
        cancellationToken.ThrowIfCancellationRequested();
        var wake = NativeMethods.Eventfd(0, 0x80000 /* EFD_CLOEXEC */);
        if (wake < 0)
            throw LinuxException.Last("eventfd");
        using var wakeHandle = new SafeFileHandle(wake, ownsHandle: true);
        // Disposing the registration waits for a running callback, so the descriptor outlives it.
        using (cancellationToken.UnsafeRegister(static state => Signal((int)state!), wake))
        {
            var exited = Poll(milliseconds, wake);
            if (!exited)
                cancellationToken.ThrowIfCancellationRequested();
            return exited;
        }
    }

    /// <summary>Collects the exit status of a child of this process, waiting for its end; afterwards its process id is free.</summary>
    /// <returns>How it ended, or null when it is no child of this process or somebody else collected it.</returns>
    public ExitStatus? Reap() => Wait(WEXITED);

    /// <summary>Reads the exit status of a child that has ended, leaving it to be collected later.</summary>
    /// <returns>How it ended, or null when it still runs or is no child of this process.</returns>
    public ExitStatus? Peek() => Wait(WEXITED | WNOHANG | WNOWAIT);

    /// <summary>Closes the descriptor; the process is not affected.</summary>
    public void Dispose() => _handle.Dispose();

    internal static unsafe int ReadSmallFile(string path, Span<byte> buffer)
    {
        var fd = NativeMethods.Open(path, 0x80000 /* O_RDONLY|O_CLOEXEC */, 0);
        if (fd < 0)
            return -1;
        fixed (byte* p = buffer)
        {
            var n = (int)NativeMethods.Read(fd, p, buffer.Length);
            _ = NativeMethods.Close(fd);
            return n;
        }
    }

    private static unsafe void Signal(int fd)
    {
        ulong one = 1;
        _ = NativeMethods.Write(fd, &one, sizeof(ulong));
    }

    private unsafe ExitStatus? Wait(int options)
    {
        // siginfo_t: si_code at 8, si_pid at 12 + 4, si_status at 24 on both architectures.
        var info = stackalloc int[32];
        long result;
        do
        {
            info[4] = 0;
            result = NativeMethods.Syscall(SystemCalls.Waitid, P_PIDFD, Fd, (long)info, options);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == EINTR);
        if (result < 0 || info[4] == 0)
            return null;
        return new ExitStatus(info[6], info[2] != CLD_EXITED);
    }

    private unsafe bool Poll(int milliseconds, int wakeFd)
    {
        var deadline = milliseconds < 0 ? long.MaxValue : Environment.TickCount64 + milliseconds;
        var entries = stackalloc NativeMethods.PollEntry[2];
        while (true)
        {
            entries[0] = new NativeMethods.PollEntry { Fd = Fd, Events = POLLIN };
            entries[1] = new NativeMethods.PollEntry { Fd = wakeFd, Events = POLLIN };
            var wait = milliseconds < 0 ? -1 : (int)Math.Max(0, deadline - Environment.TickCount64);
            var ready = NativeMethods.Poll(entries, wakeFd < 0 ? 1u : 2u, wait);
            if (ready < 0 && Marshal.GetLastPInvokeError() != EINTR)
                throw LinuxException.Last("poll");
            if (ready >= 0)
                return entries[0].Revents != 0;
        }
    }
}
