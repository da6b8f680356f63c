using System.Globalization;
using System.Text;
using ContainerTools.Engine.Store;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Rootless;

/// <summary>
/// What all running containers of an ordinary user share: a user namespace, and a network namespace with their bridges that a program (pasta, slirp4netns) connects with the host's
/// network. A process of the runtime holds them while there are monitors. The file <c>session</c> among the run state names it, and the program.
/// </summary>
/// <param name="Holder">The process that is in both namespaces.</param>
/// <param name="HolderStart">When it was started, as /proc has it.</param>
/// <param name="Uplink">The program that connects the network; 0 where there is none yet.</param>
/// <param name="UplinkStart">When that was started.</param>
public sealed record SessionRecord(int Holder, ulong HolderStart, int Uplink, ulong UplinkStart)
{
    /// <summary>The command of the runtime's binary that holds the namespaces.</summary>
    public const string HolderCommand = "hold";

    /// <summary>The session of a user, if its holder lives.</summary>
    /// <param name="runRoot">The root of run state.</param>
    public static SessionRecord? Find(string runRoot)
    {
        try
        {
            ulong[] numbers = [.. File.ReadAllText(FileOf(runRoot)).Split(' ').Select(n => ulong.Parse(n, CultureInfo.InvariantCulture))];
            var record = new SessionRecord((int)numbers[0], numbers[1], (int)numbers[2], numbers[3]);
            using var process = PidFd.TryOpen(record.Holder, record.HolderStart);
            return process is null || process.HasExited ? null : record;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>Whether the program that connects the network lives.</summary>
    public bool HasUplink
    {
        get
        {
            using var process = Uplink > 0 ? PidFd.TryOpen(Uplink, UplinkStart) : null;
            return process is { HasExited: false };
        }
    }

    /// <summary>Takes the lock under which sessions begin and end.</summary>
    /// <param name="runRoot">The root of run state.</param>
    public static SafeFileHandle Lock(string runRoot)
    {
        // It may have been removed under containers that run.
        Directory.CreateDirectory(runRoot, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = FileCalls.Open(FileOf(runRoot) + ".lock", OpenFlags.ReadWrite | OpenFlags.Create);
        AdvisoryLock.Acquire(file);
        return file;
    }

    /// <summary>Opens the file on which each monitor has a shared lock: who gets an exclusive one knows that there is none.</summary>
    /// <param name="runRoot">The root of run state.</param>
    public static SafeFileHandle OpenUsers(string runRoot) => FileCalls.Open(FileOf(runRoot) + ".users", OpenFlags.ReadWrite | OpenFlags.Create);

    /// <summary>Writes the record; the lock is held.</summary>
    /// <param name="runRoot">The root of run state.</param>
    public void Write(string runRoot) =>
        AtomicFile.Write(FileOf(runRoot), Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Holder} {HolderStart} {Uplink} {UplinkStart}")), durable: false);

    /// <summary>Removes the record; the lock is held.</summary>
    /// <param name="runRoot">The root of run state.</param>
    public static void Remove(string runRoot) => File.Delete(FileOf(runRoot));

    private static string FileOf(string runRoot) => Path.Combine(runRoot, "session");
}
