using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Files;

/// <summary>What files that are neither regular ones nor links nor directories are called.</summary>
internal static class FileKinds
{
    /// <summary>The word for it.</summary>
    internal static string Kind(this FileStatus status) => status.Type switch
    {
        FileType.Socket => "socket",
        FileType.Fifo => "FIFO",
        FileType.Directory => "directory",
        _ => "device",
    };
}
