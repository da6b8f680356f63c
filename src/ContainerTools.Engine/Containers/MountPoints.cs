using ContainerTools.Engine.Store;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// A layer that lies below those of every image: the directories and files upon which each container gets its mounts. Where an image has none of its own they need not be made in each
/// container's writable layer, and removed with it.
/// </summary>
internal static class MountPoints
{
    /// <summary>With as many layers, or more, an image gets none: overlayfs takes 500.</summary>
    public const int MostLayers = 499;

    private const UnixFileMode DirectoryMode = FileMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute; // 0755

    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead; // 0644

    /// <summary>Where it is.</summary>
    public static string PathIn(StorePaths paths) => Path.Combine(paths.Root, "mountpoints");

    /// <summary>Makes it, if it is missing.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="path">Its directory.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void Ensure(StorePaths paths, string path)
    {
        if (Directory.Exists(path))
            return;
        string temporary = Path.Combine(paths.Temporary, $"mountpoints-{Guid.NewGuid():N}");
        try
        {
            // Modes are set, past the umask.
            foreach (string directory in new[] { "", "dev", "etc", "proc", "sys" })
            {
                Directory.CreateDirectory(Path.Combine(temporary, directory));
                File.SetUnixFileMode(Path.Combine(temporary, directory), DirectoryMode);
            }
            foreach (string file in new[] { "etc/hostname", "etc/hosts", "etc/resolv.conf" })
            {
                File.Create(Path.Combine(temporary, file)).Dispose();
                File.SetUnixFileMode(Path.Combine(temporary, file), FileMode);
            }
            Directory.Move(temporary, path);
        }
        catch (IOException) when (Directory.Exists(path))
        {
            // Somebody else was sooner.
            Directory.Delete(temporary, recursive: true);
        }
    }
}
