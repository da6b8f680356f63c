namespace ContainerTools.Linux.Mounts;

/// <summary>One line of a mount table (proc_pid_mountinfo(5)).</summary>
/// <param name="Id">The mount's id.</param>
/// <param name="Root">The path within the file system that is mounted.</param>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="Options">The mount's own options.</param>
/// <param name="Type">The file system's type, for example <c>ext4</c>.</param>
/// <param name="Source">What is mounted, for example a device.</param>
/// <param name="FileSystemOptions">The file system's options, for example a control group hierarchy's controllers.</param>
public sealed record MountEntry(
    int Id, string Root, string MountPoint, IReadOnlyList<string> Options, string Type, string Source, IReadOnlyList<string> FileSystemOptions);
