using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Events;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Volumes;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Monitor;

/// <summary>Records how a container ended.</summary>
internal static class Ending
{
    // A millisecond each.
    private const int PausesBeforeSync = 20, PausesForSomebody = 3;

    /// <summary>
    /// Writes the last status, and removes the container if that was asked for. The lock's file gets the status too, for those who hold it open while the
    /// directory goes away.
    /// </summary>
    /// <param name="options">The container.</param>
    /// <param name="status">Its last status.</param>
    /// <param name="rest">What is deleted when all have been told.</param>
    public static void Record(MonitorArguments options, ContainerStatus status, List<string> rest)
    {
        byte[] json = ContainerStatusFormat.Write(status);
        if (FileCalls.Status(MonitorArguments.LockDescriptor, out var file) >= 0)
            _ = FileCalls.WriteAt(MonitorArguments.LockDescriptor, json, file.Size);
        if (!options.AutoRemove || File.Exists(Path.Combine(options.Directory, ContainerFiles.Keep)))
        {
            if (AtomicFile.Swap(Path.Combine(options.Directory, ContainerFiles.Status), json) is { } old)
                rest.Add(old);
            return;
        }
        var paths = new StorePaths(options.Root, options.RunRoot);
        var configuration = new ContainerRecords(paths).TryRead(options.Id);
        ContainerRoot.Delete(paths, options.Id);
        if (configuration is null)
            return;
        EventLog.AddOfContainer(options.Root, configuration, ContainerEventAction.Remove);
        new VolumeStore(paths).RemoveAnonymous(configuration);
    }

    /// <summary>Has a container that belongs to a shell which has ended be removed at its end, and not started again.</summary>
    public static void LeaveToNobody(MonitorArguments options)
    {
        RestartFiles.MarkStopped(options.Directory);
        File.Delete(Path.Combine(options.Directory, ContainerFiles.Keep));
        options.AutoRemove = true;
    }

    /// <summary>
    /// Lets go of the lock and tells the shell that has started the container, if it is there, which goes on now; and only then brings the status to the disk. A power cut in between costs the
    /// exit code, as one a moment earlier would have. Where the container is removed at once, which the work on the disk would hold up, there is nothing to bring there. Its root file system goes
    /// then too, and earlier where somebody starts it again.
    /// </summary>
    /// <param name="options">The container.</param>
    /// <param name="rest">What nobody needs any more.</param>
    public static void Tell(MonitorArguments options, List<string> rest)
    {
        Guard.End(options);
        using var file = new SafeFileHandle(MonitorArguments.LockDescriptor, ownsHandle: false);
        OpenFileLock.Release(file);
        _ = FileCalls.Close(MonitorArguments.ReportDescriptor);
        Delete(rest);
        bool removed = false;
        for (int pause = 0, somebody = 0; pause < PausesBeforeSync && somebody < PausesForSomebody && !removed; pause++)
        {
            Thread.Sleep(1);
            removed = !Directory.Exists(options.Directory);
            if (OpenFileLock.IsHeld(file))
                somebody++;
        }
        RootLock.Release(options);
        if (!removed)
            StatusReader.Sync(options.Directory);
    }

    /// <summary>Deletes what nobody needs any more. What cannot be is deleted with the container.</summary>
    public static void Delete(List<string> rest)
    {
        foreach (string path in rest)
        {
            try
            {
                TreeRemoval.Remove(path);
            }
            catch (IOException)
            {
            }
        }
        rest.Clear();
    }
}
