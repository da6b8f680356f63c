using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Events;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Volumes;
using ContainerTools.Linux.Files;

namespace ContainerTools.Runtime.Monitor;

/// <summary>Records how a container ended.</summary>
internal static class Ending
{
    /// <summary>
    /// Writes the last status, durably, and removes the container if that was asked for. The lock's file gets the status too, for those who hold it open while the
    /// directory goes away.
    /// </summary>
    public static void Record(MonitorArguments options, ContainerStatus status)
    {
        byte[] json = ContainerStatusFormat.Write(status);
        if (FileCalls.Status(MonitorArguments.LockDescriptor, out var file) >= 0)
            _ = FileCalls.WriteAt(MonitorArguments.LockDescriptor, json, file.Size);
        if (!options.AutoRemove || File.Exists(Path.Combine(options.Directory, ContainerFiles.Keep)))
        {
            StatusReader.WriteFile(options.Directory, status, durable: true);
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
}
