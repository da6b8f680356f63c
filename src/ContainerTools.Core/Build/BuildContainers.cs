using System.Globalization;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;

namespace ContainerTools.Core.Build;

/// <summary>The containers and files of builds: whose they are, and removing those whose build was killed.</summary>
internal static class BuildContainers
{
    /// <summary>The label that says whose a container is: process and its start time.</summary>
    internal const string Label = "containertools.build";

    /// <summary>This process, as the label names it.</summary>
    internal static string OwnerText { get; } = Describe(Environment.ProcessId);

    /// <summary>What the names of this process's directories begin with.</summary>
    internal static string DirectoryPrefix { get; } = $"build-{OwnerText.Replace(' ', '-')}-";

    /// <summary>Removes the containers and the files (secrets among them) of builds whose process is no more.</summary>
    internal static async Task RemoveAbandonedAsync(StorePaths paths, ContainerManager containers)
    {
        foreach (string directory in Directory.Exists(paths.Temporary) ? Directory.EnumerateDirectories(paths.Temporary, "build-*") : [])
        {
            if (Path.GetFileName(directory).Split('-') is [_, var pid, var start, _] && !IsAlive($"{pid} {start}"))
            {
                OwnedTree.Remove(paths, directory);
            }
        }

        foreach (var container in containers.List().Where(static c => c.Labels.TryGetValue(Label, out string? owner) && !IsAlive(owner)))
        {
            await containers.RemoveAsync(container, new RemoveContainerOptions { Force = true, RemoveVolumes = true }, CancellationToken.None);
        }
    }

    private static bool IsAlive(string owner) =>
        int.TryParse(owner.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && owner == Describe(pid);

    private static string Describe(int pid)
    {
        try
        {
            // Field 22 is the start time; the name before may hold anything but ends with the last parenthesis.
            string stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            return $"{pid.ToString(CultureInfo.InvariantCulture)} {stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19]}";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
