using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Networks;
using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Runtime.Monitor;

/// <summary><c>ctrun clean-networks</c>: removes bridges without containers, a little later and beside everything else.</summary>
internal static class NetworkCleaning
{
    /// <summary>Waits a few seconds and cleans.</summary>
    public static int Run(string runRoot)
    {
        LeaveCgroup();
        try
        {
            NetworkCleaner.WaitAndClean(runRoot);
            ContainerLeftovers.RemoveCommonCgroups();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ContainerToolsException)
        {
            // Nobody listens. What is left is found again when the next container leaves.
        }
        return 0;
    }

    /// <summary>Goes to the roots of the hierarchies, away from the monitors' group, which is removed with its last process.</summary>
    private static void LeaveCgroup()
    {
        var hierarchies = CgroupHierarchies.Current;
        foreach (string root in hierarchies.V1.Values.Append(hierarchies.Unified ?? "").Where(r => r.Length > 0).Distinct())
        {
            try
            {
                File.WriteAllText(Path.Combine(root, "cgroup.procs"), "0");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Not allowed here: then it stays where the monitor was.
            }
        }
    }
}
