using System.Globalization;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// What state a container is in: what its monitor last wrote (state.json), whether the monitor lives (monitor.lock), and whether this is still the same boot.
/// </summary>
internal static class StatusReader
{
    public static ContainerStatus Read(string directory) => Read(directory, out _);

    /// <summary>The state now.</summary>
    /// <param name="directory">The container's directory.</param>
    /// <param name="abandoned">Whether it was running, its monitor is dead, and nothing was cleaned up yet.</param>
    public static ContainerStatus Read(string directory, out bool abandoned)
    {
        abandoned = false;
        // The monitor may write its last status and let go of the lock between our two looks: then a second look sees the result.
        for (int attempt = 0; ; attempt++)
        {
            var status = ReadFile(directory, out bool exists);
            if (status is { State: ContainerState.Exited })
                return status;
            bool held = IsMonitored(directory);
            if (status is null)
            {
                // A file that a crash of the host left empty says that it was started once.
                return held ? new ContainerStatus { State = ContainerState.Starting }
                    : exists ? Lost(new ContainerStatus(), "The host went down while it was running.")
                    : new ContainerStatus { State = ContainerState.Created };
            }
            if (status.BootId != BootId.Current)
                return Lost(status, "The host went down while it was running.");
            if (held)
                return status;
            if (attempt > 0)
            {
                abandoned = true;
                return Abandoned(status);
            }
        }
    }

    /// <summary>What the monitor last wrote; null if there is no such file, or nothing that can be read in it.</summary>
    public static ContainerStatus? ReadFile(string directory, out bool exists)
    {
        // Without exceptions: for most of two hundred containers there may be no file.
        using var file = FileCalls.OpenIfExists(Path.Combine(directory, ContainerFiles.Status), OpenFlags.ReadOnly);
        exists = file is not null;
        if (file is null)
            return null;
        Span<byte> content = stackalloc byte[8192];
        int count = FileCalls.Read((int)file.DangerousGetHandle(), content);
        return count <= 0 ? null : ContainerStatusFormat.TryRead(content[..count]);
    }

    public static void WriteFile(string directory, ContainerStatus status, bool durable) =>
        AtomicFile.Write(Path.Combine(directory, ContainerFiles.Status), ContainerStatusFormat.Write(status), durable);

    /// <summary>Brings what was last written to the disk; nothing where the container is gone.</summary>
    public static void Sync(string directory) => AtomicFile.SyncIfExists(Path.Combine(directory, ContainerFiles.Status));

    /// <summary>The status of a container whose monitor was killed: its process was or will be killed too.</summary>
    public static ContainerStatus Abandoned(ContainerStatus status)
    {
        status.ExitCode = 128 + 9;
        return Lost(status, "Its monitor was killed, and the container with it.");
    }

    /// <summary>
    /// Whether a container's first process lives, whatever is recorded of it. One that is ending gives up its root first, and on a host that has much to do it may take a while until it is
    /// gone: nothing can be run beside it any more.
    /// </summary>
    public static bool IsAlive(ContainerStatus status)
    {
        using var process = PidFd.TryOpen(status.Pid, status.PidStartTime);
        if (process is null)
            return false;
        int root = FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated($"/proc/{status.Pid.ToString(CultureInfo.InvariantCulture)}/root"), OpenFlags.Path);
        if (root >= 0)
            _ = FileCalls.Close(root);
        return root != -Errno.ENOENT;
    }

    private static bool IsMonitored(string directory)
    {
        using var file = FileCalls.OpenIfExists(Path.Combine(directory, ContainerFiles.MonitorLock), OpenFlags.ReadOnly);
        return file is not null && OpenFileLock.IsHeld(file);
    }

    private static ContainerStatus Lost(ContainerStatus status, string error)
    {
        status.State = ContainerState.Exited;
        status.ErrorId = "ContainerLost";
        status.Error = error;
        return status;
    }
}
