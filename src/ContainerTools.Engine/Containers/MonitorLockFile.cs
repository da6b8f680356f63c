using System.Globalization;
using System.Text;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// monitor.lock: whoever changes a container's life holds it, the monitor for as long as the process runs. Its first line names the monitor's process;
/// when all is over, the rest is the last status, for those who hold the file open while the container is removed.
/// </summary>
internal sealed class MonitorLockFile : IDisposable
{
    private readonly SafeFileHandle _file;

    private MonitorLockFile(SafeFileHandle file) => _file = file;

    /// <summary>The open file. A process that inherits it shares the lock.</summary>
    public SafeFileHandle Handle => _file;

    /// <summary>Makes and opens it.</summary>
    /// <exception cref="IOException">It could not be made.</exception>
    public static MonitorLockFile Create(string directory) =>
        new(FileCalls.Open(Path.Combine(directory, ContainerFiles.MonitorLock), OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive));

    /// <summary>Opens it without locking; null if the container is gone.</summary>
    public static MonitorLockFile? TryOpen(string directory)
    {
        try
        {
            // FileShare.Delete and ReadWrite: otherwise .NET takes a flock of its own.
            return new MonitorLockFile(File.OpenHandle(Path.Combine(directory, ContainerFiles.MonitorLock), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public bool TryLock() => OpenFileLock.TryAcquire(_file);

    /// <summary>Lets go of the lock, also for a process that inherited the file.</summary>
    public void Unlock() => OpenFileLock.Release(_file);

    /// <summary>Whether somebody else holds the lock.</summary>
    public bool IsHeld => OpenFileLock.IsHeld(_file);

    /// <summary>Waits until the last monitor has let go of the container's root file system, which it does within moments or, where much is to be written, when the disk has it.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void AwaitRoot(CancellationToken cancellationToken)
    {
        for (int round = 0; OpenFileLock.IsHeld(_file, MonitorArguments.RootLockOffset);)
        {
            cancellationToken.WaitHandle.WaitOne(ContainerManager.NextPause(ref round));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public void Clear() => RandomAccess.SetLength(_file, 0);

    /// <summary>The monitor's process, if the file names one that lives.</summary>
    public PidFd? OpenMonitor()
    {
        string[] lines = Read().Split('\n', 2);
        string[] numbers = lines[0].Split(' ');
        return lines.Length == 2 && numbers.Length == 2
            && int.TryParse(numbers[0], CultureInfo.InvariantCulture, out int pid) && ulong.TryParse(numbers[1], CultureInfo.InvariantCulture, out ulong startTime)
            ? PidFd.TryOpen(pid, startTime) : null;
    }

    /// <summary>The status that the last monitor left; null if there is none.</summary>
    public ContainerStatus? ReadLastStatus()
    {
        string text = Read();
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 || end + 1 == text.Length ? null : ContainerStatusFormat.TryRead(Encoding.UTF8.GetBytes(text[(end + 1)..]));
    }

    public void Dispose() => _file.Dispose();

    private string Read()
    {
        byte[] buffer = new byte[8192];
        int length = RandomAccess.Read(_file, buffer, 0);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
