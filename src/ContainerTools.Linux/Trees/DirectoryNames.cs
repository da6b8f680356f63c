using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>The names in an open directory as a list, for loops that change the directory or go deep.</summary>
internal static class DirectoryNames
{
    /// <summary>Reads all names but <c>.</c> and <c>..</c>, each with its NUL, from where the descriptor stands.</summary>
    public static List<byte[]> Read(int directory)
    {
        List<byte[]> names = [];
        using var entries = new DirectoryEntries(directory);
        while (entries.MoveNext())
            names.Add(entries.Name.ToArray());
        return names;
    }
}
