namespace ContainerTools.Linux.Files;

/// <content>Whose files this process makes.</content>
public static unsafe partial class FileCalls
{
    /// <summary>geteuid(2): the owner of files that this process makes.</summary>
    public static uint EffectiveUserId => Libc.geteuid();

    /// <summary>faccessat(2): whether this process may write to a file, or make names in a directory.</summary>
    /// <param name="path">The path.</param>
    public static bool IsWritable(string path) => IsAccessible(path, 2);

    /// <summary>faccessat(2): whether this process may execute a file.</summary>
    /// <param name="path">The path.</param>
    public static bool IsExecutable(string path) => File.Exists(path) && IsAccessible(path, 1);

    private static bool IsAccessible(string path, int mode)
    {
        fixed (byte* p = PathBytes.Terminated(path))
            return Libc.faccessat(WorkingDirectory, p, mode, 0) == 0;
    }

    /// <summary>getegid(2): the group of files that this process makes, outside directories with set-group-id.</summary>
    public static uint EffectiveGroupId => Libc.getegid();
}
