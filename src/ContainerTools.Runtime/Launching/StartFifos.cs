using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// The FIFOs through which a container that one process made is started by another: it waits for a byte in the first, and writes into the second why its
/// command could not be executed; that one's end without a word is success.
/// </summary>
internal static class StartFifos
{
    public static string Start(string directory) => Path.Combine(directory, "exec.fifo");

    public static string Failure(string directory) => Path.Combine(directory, "failure.fifo");

    public static void Make(string directory)
    {
        foreach (var path in new[] { Start(directory), Failure(directory) })
        {
            using var strings = new NativeStrings();
            Make(strings, path);
        }
    }

    /// <summary>Starts the container that waits there, and takes the FIFOs away.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="spec">The container's document, to name a failed step.</param>
    /// <exception cref="ContainerToolsException">Its command could not be executed.</exception>
    public static void Release(string directory, RuntimeSpec spec)
    {
        // This side first: when the container's process is told to start, its failure must find a reader.
        using var failure = Open(Failure(directory), OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        using var start = Open(Start(directory), OpenFlags.WriteOnly | OpenFlags.NonBlocking);
        File.Delete(Start(directory));
        File.Delete(Failure(directory));
        var fd = (int)failure.DangerousGetHandle();
        LinuxException.ThrowIfFailed(FileCalls.Write((int)start.DangerousGetHandle(), [1]), "write", Start(directory));
        Span<byte> record = stackalloc byte[CallTable.StepSize];
        var length = 0;
        while (length < record.Length)
        {
            WaitReadable(fd);
            var read = LinuxException.ThrowIfFailed(FileCalls.Read(fd, record[length..]), "read", Failure(directory));
            if (read == 0)
                break;
            length += read;
        }
        if (length == record.Length)
            throw LaunchFailures.Translate(ProcessSteps.Describe(spec).ErrorOf(record));
    }

    private static SafeFileHandle Open(string path, int flags)
    {
        var fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, System.Text.Encoding.UTF8.GetBytes(path + '\0'), flags);
        return new SafeFileHandle(LinuxException.ThrowIfFailed(fd, "open", path), ownsHandle: true);
    }

    private static unsafe void WaitReadable(int fd)
    {
        var entry = new NativeMethods.PollEntry { Fd = fd, Events = 1 /* POLLIN */ };
        while (NativeMethods.Poll(&entry, 1, -1) < 0)
        {
        }
    }

    private static unsafe void Make(NativeStrings strings, string path)
    {
        const int CurrentDirectory = -100;
        const uint Fifo = 0x1000, OwnerOnly = 0x180;
        if (NativeMethods.Syscall(SystemCalls.Mknodat, CurrentDirectory, (long)strings.Add(path), Fifo | OwnerOnly, 0) < 0)
            throw LinuxException.Last("mkfifo", path);
    }
}
