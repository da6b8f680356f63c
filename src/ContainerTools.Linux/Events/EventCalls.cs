using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Events;

/// <summary>Pipes, poll(2), inotify(7) and the calls on descriptors that go with them. A failed call returns the negative error number; interrupted ones are repeated.</summary>
public static unsafe partial class EventCalls
{
    /// <summary>poll(2): there is something to read.</summary>
    public const short PollIn = 1;

    /// <summary>poll(2): something can be written.</summary>
    public const short PollOut = 4;

    /// <summary>poll(2): the other end was closed.</summary>
    public const short PollHangUp = 16;

    /// <summary>inotify(7): content was changed.</summary>
    public const uint Modified = 0x2;

    /// <summary>inotify(7): a file open for writing was closed.</summary>
    public const uint ClosedAfterWriting = 0x8;

    /// <summary>inotify(7): something was renamed into the directory.</summary>
    public const uint MovedIn = 0x80;

    /// <summary>inotify(7): something was made in the directory.</summary>
    public const uint Created = 0x100;

    /// <summary>inotify(7): the watched file or directory was renamed.</summary>
    public const uint MovedItself = 0x800;

    /// <summary>inotify(7): the watched file or directory was removed.</summary>
    public const uint DeletedItself = 0x400;

    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int GetFlags = 3;
    private const int SetFlags = 4;
    private const int SetDescriptorFlags = 2;
    private const int DuplicateCloseOnExec = 1030;

    /// <summary>pipe2(2), both ends closed on exec.</summary>
    public static (int Read, int Write) Pipe()
    {
        int* ends = stackalloc int[2];
        if (pipe2(ends, CloseOnExec) < 0)
            throw new LinuxException(Marshal.GetLastPInvokeError(), "pipe2");
        return (ends[0], ends[1]);
    }

    /// <summary>poll(2). Returns how many entries have events; 0 when the time is over.</summary>
    /// <param name="entries">What to watch for; entries with a negative descriptor are passed over.</param>
    /// <param name="milliseconds">How long to wait; negative waits for ever.</param>
    public static int Poll(Span<PollEntry> entries, int milliseconds)
    {
        long deadline = milliseconds < 0 ? long.MaxValue : Environment.TickCount64 + milliseconds;
        fixed (PollEntry* p = entries)
        {
            while (true)
            {
                int wait = milliseconds < 0 ? -1 : (int)Math.Max(0, deadline - Environment.TickCount64);
                int result = poll(p, (nuint)entries.Length, wait);
                if (result >= 0)
                    return result;
                int errno = Marshal.GetLastPInvokeError();
                if (errno != Errno.EINTR)
                    return -errno;
            }
        }
    }

    /// <summary>Whether there is something to read now, or the other end was closed.</summary>
    public static bool IsReadable(int fd)
    {
        Span<PollEntry> entry = [new() { Descriptor = fd, Events = PollIn }];
        return Poll(entry, 0) > 0;
    }

    /// <summary>Makes reads of a descriptor return EAGAIN instead of waiting (O_NONBLOCK of its open file description).</summary>
    public static void SetNonBlocking(int fd)
    {
        int flags = fcntl(fd, GetFlags, 0);
        if (flags < 0 || fcntl(fd, SetFlags, flags | NonBlocking) < 0)
            throw new LinuxException(Marshal.GetLastPInvokeError(), "fcntl(F_SETFL)");
    }

    /// <summary>Sets or clears FD_CLOEXEC.</summary>
    public static void SetCloseOnExec(int fd, bool close)
    {
        if (fcntl(fd, SetDescriptorFlags, close ? 1 : 0) < 0)
            throw new LinuxException(Marshal.GetLastPInvokeError(), "fcntl(F_SETFD)");
    }

    /// <summary>fcntl(2) with F_DUPFD_CLOEXEC: another descriptor for the same open file. Returns it, or the negative error number.</summary>
    public static int Duplicate(int fd)
    {
        int result = fcntl(fd, DuplicateCloseOnExec, 0);
        return result >= 0 ? result : -Marshal.GetLastPInvokeError();
    }

    /// <summary>dup2(2): gives an open file a certain number, which stays open on exec. Returns the number, or the negative error number.</summary>
    public static int DuplicateTo(int fd, int number)
    {
        int result = dup2(fd, number);
        return result >= 0 ? result : -Marshal.GetLastPInvokeError();
    }

    /// <summary>eventfd(2), closed on exec, not blocking.</summary>
    public static int EventDescriptor()
    {
        int fd = eventfd(0, CloseOnExec | NonBlocking);
        return fd >= 0 ? fd : throw new LinuxException(Marshal.GetLastPInvokeError(), "eventfd");
    }

    /// <summary>inotify_init1(2), closed on exec, not blocking.</summary>
    public static int NotifyDescriptor()
    {
        int fd = inotify_init1(CloseOnExec | NonBlocking);
        return fd >= 0 ? fd : throw new LinuxException(Marshal.GetLastPInvokeError(), "inotify_init1");
    }

    /// <summary>inotify_add_watch(2). Returns the watch's number.</summary>
    public static int AddWatch(int fd, string path, uint events)
    {
        int result = inotify_add_watch(fd, path, events);
        return result >= 0 ? result : -Marshal.GetLastPInvokeError();
    }

    /// <summary>prctl(2) with PR_SET_CHILD_SUBREAPER: orphaned descendants become this process's children.</summary>
    public static void BecomeSubreaper()
    {
        if (prctl(36, 1, 0, 0, 0) < 0)
            throw new LinuxException(Marshal.GetLastPInvokeError(), "prctl(PR_SET_CHILD_SUBREAPER)");
    }

    /// <summary>prctl(2) with PR_SET_NAME: the name that ps shows.</summary>
    public static void SetThreadName(ReadOnlySpan<byte> nameWithNul)
    {
        fixed (byte* p = nameWithNul)
            _ = prctl(15, (nint)p, 0, 0, 0);
    }

    /// <summary>Ignores a signal (signal(2)); execve(2) keeps that.</summary>
    public static void Ignore(int signalNumber) => signal(signalNumber, 1);

    /// <summary>execve(2) of the own binary, with an empty environment. Returns only on failure.</summary>
    public static int ReplaceSelf(IReadOnlyList<string> arguments) => Replace("/proc/self/exe", arguments, []);

    /// <summary>execve(2). Returns only on failure.</summary>
    public static int Replace(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment) =>
        execve((byte*)Marshal.StringToCoTaskMemUTF8(path), Vector(arguments), Vector(environment)) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    // Not freed: the process becomes another one, or ends.
    private static byte** Vector(IReadOnlyList<string> texts)
    {
        var vector = (byte**)NativeMemory.Alloc((nuint)(texts.Count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < texts.Count; i++)
            vector[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        vector[texts.Count] = null;
        return vector;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollEntry* entries, nuint count, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int dup2(int fd, int number);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(int fd, string path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nint a, nint b, nint c, nint d);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int execve(byte* path, byte** argv, byte** envp);
}
