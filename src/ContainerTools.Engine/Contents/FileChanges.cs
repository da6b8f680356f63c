using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>Makes of a layer's entries what callers see.</summary>
internal static class FileChanges
{
    /// <summary>A change of a container's; null for an entry that is none.</summary>
    public static FileChange? From(Container container, LayerChange change)
    {
        FileChangeKind? kind = change.Kind switch
        {
            LayerChangeKind.Added => FileChangeKind.Added,
            LayerChangeKind.Modified => FileChangeKind.Modified,
            LayerChangeKind.Deleted or LayerChangeKind.Hidden => FileChangeKind.Deleted,
            _ => null,
        };
        return kind is not { } known ? null : new FileChange
        {
            Container = container.Name,
            ContainerId = container.Id,
            Kind = known,
            Path = "/" + PathBytes.Display(change.Path),
            IsDirectory = change.Status.IsDirectory,
            Size = change.Status.Type == FileType.Regular ? change.Status.Size : 0,
            ModifiedAt = ToTime(change.Status.ModifyTime),
        };
    }

    // A file's time may be any number; what DateTimeOffset cannot hold is its first or last moment.
    private static DateTimeOffset ToTime(FileTime time)
    {
        long seconds = Math.Clamp(time.Seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(seconds == time.Seconds ? time.Nanoseconds / 100 : 0);
    }
}
