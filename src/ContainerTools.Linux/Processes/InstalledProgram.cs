using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Processes;

/// <summary>Programs that the system installs, found without PATH, which is the caller's.</summary>
public static class InstalledProgram
{
    private static readonly string[] s_directories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <summary>The path of a program that this process may execute; null where there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directories">Where to look, in this order; null for the usual places.</param>
    public static string? Find(string name, IReadOnlyList<string>? directories = null) =>
        (directories ?? s_directories).Select(directory => $"{directory}/{name}").FirstOrDefault(FileCalls.IsExecutable);
}
