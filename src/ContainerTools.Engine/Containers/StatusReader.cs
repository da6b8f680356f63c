using ContainerTools.Engine.Store;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// What state a container is in: what its monitor last wrote (state.json), whether the monitor lives (monitor.lock), and whether this is still the same boot.
/// </summary>
internal static class StatusReader
{
    public static ContainerStatus Read(string directory)
    {
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
            if (held && status.BootId == BootId.Current)
                return status;
            if (attempt > 0 || status.BootId != BootId.Current)
                return status.BootId != BootId.Current ? Lost(status, "The host went down while it was running.") : Abandoned(status);
        }
    }

    /// <summary>Whether it was running, its monitor is dead, and nothing was cleaned up yet.</summary>
    public static bool IsAbandoned(string directory) =>
        ReadFile(directory, out _) is { State: not ContainerState.Exited } status && status.BootId == BootId.Current && !IsMonitored(directory)
        && ReadFile(directory, out _) is { State: not ContainerState.Exited };

    public static ContainerStatus? ReadFile(string directory, out bool exists)
    {
        try
        {
            byte[] content = File.ReadAllBytes(Path.Combine(directory, ContainerFiles.Status));
            exists = true;
            return ContainerStatusFormat.TryRead(content);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            exists = false;
            return null;
        }
    }

    public static void WriteFile(string directory, ContainerStatus status, bool durable) =>
        AtomicFile.Write(Path.Combine(directory, ContainerFiles.Status), ContainerStatusFormat.Write(status), durable);

    /// <summary>The status of a container whose monitor was killed: its process was or will be killed too.</summary>
    public static ContainerStatus Abandoned(ContainerStatus status)
    {
        status.ExitCode = 128 + 9;
        return Lost(status, "Its monitor was killed, and the container with it.");
    }

    private static bool IsMonitored(string directory)
    {
        using var file = MonitorLockFile.TryOpen(directory);
        return file is not null && file.IsHeld;
    }

    private static ContainerStatus Lost(ContainerStatus status, string error)
    {
        status.State = ContainerState.Exited;
        status.ErrorId = "ContainerLost";
        status.Error = error;
        return status;
    }
}
