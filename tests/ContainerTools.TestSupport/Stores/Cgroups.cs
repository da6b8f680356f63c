namespace ContainerTools.TestSupport;

/// <summary>The control groups of this machine, v1 and v2 alike, as directories.</summary>
public static class Cgroups
{
    private const string Root = "/sys/fs/cgroup";

    private static readonly EnumerationOptions Recursive = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
        MaxRecursionDepth = 12,
    };

    public static IReadOnlyList<string> All()
    {
        try
        {
            return [.. Directory.EnumerateDirectories(Root, "*", Recursive)];
        }
        catch (DirectoryNotFoundException)
        {
            // A group went away between being listed and being entered: look again.
            return [.. Directory.EnumerateDirectories(Root, "*", Recursive)];
        }
    }

    /// <summary>Groups whose path names one of the containers, deepest first.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyCollection<string> containerIds) => containerIds.Count == 0 ? [] :
        [.. All().Where(group => containerIds.Any(id => group.Contains(id, StringComparison.Ordinal))).OrderByDescending(group => group.Length)];

    /// <summary>Removes the groups that all containers of the machine have in common, where no container is in them.</summary>
    public static void RemoveCommon()
    {
        foreach (var group in Directory.EnumerateDirectories(Root).Append(Root).SelectMany(root => new[] { $"{root}/containertools/monitors", $"{root}/containertools" }).Where(Directory.Exists))
        {
            try
            {
                Directory.Delete(group);
            }
            catch (IOException)
            {
                // Somebody's container is in it, or somebody was faster.
            }
        }
    }

    public static IReadOnlyList<int> Processes(string group)
    {
        try
        {
            return [.. File.ReadLines(Path.Combine(group, "cgroup.procs")).Select(int.Parse)];
        }
        catch (IOException)
        {
            return [];
        }
    }
}
