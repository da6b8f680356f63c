using ContainerTools.Linux;
using ContainerTools.Linux.Mounts;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Launching;

/// <summary>The steps that hide paths and make paths read-only. Paths that do not exist need neither.</summary>
internal static class HiddenPathSteps
{
    /// <summary>Covers files with /dev/null and directories with an empty read-only directory.</summary>
    public static void AddMasked(ChildSteps steps, IReadOnlyList<string>? paths)
    {
        if (paths is not { Count: > 0 })
            return;
        const int GetDescriptorFlags = 1, NewMountSteps = 5;
        // A detached mount can be copied since Linux 6.15; before, each directory gets an empty file system of its own.
        CallStep? shared = KernelVersion.Current >= new KernelVersion(6, 15) ? NewEmpty(steps) : null;
        foreach (var path in paths)
        {
            var directory = steps.Open(path, directory: true);
            directory.Tolerate([Errno.ENOENT, Errno.ENOTDIR], skip: shared is null ? NewMountSteps + 2 : 3);
            steps.Attach(shared is { } empty ? steps.Clone(empty, path, recursive: false) : NewEmpty(steps), directory, path);
            // Returns 1, FD_CLOEXEC: the way past the steps for a file.
            steps.Table.Add("fcntl", path, SystemCalls.Fcntl, directory, GetDescriptorFlags).SkipOnPositive(3);
            var file = steps.Open(path);
            file.Tolerate([Errno.ENOENT, Errno.ENOTDIR], skip: 2);
            steps.Attach(steps.CloneHost("/dev/null"), file, path);
        }
    }

    private static CallStep NewEmpty(ChildSteps steps)
    {
        const ulong Restricted = (ulong)(MountAttributes.ReadOnly | MountAttributes.NoSetUid | MountAttributes.NoDevices | MountAttributes.NoExecute);
        return steps.NewMount("tmpfs", "for masked paths", "tmpfs", [("mode", "755")], Restricted);
    }

    /// <summary>Makes a path and all below it read-only by a mount over itself.</summary>
    public static void AddReadOnly(ChildSteps steps, IReadOnlyList<string>? paths)
    {
        foreach (var path in paths ?? [])
        {
            var target = steps.Open(path);
            target.Tolerate([Errno.ENOENT, Errno.ENOTDIR], skip: 3);
            var copy = steps.Clone(target, path, recursive: true);
            steps.SetAttributes(copy, path, (ulong)MountAttributes.ReadOnly, recursive: true);
            steps.Attach(copy, target, path);
        }
    }
}
