using ContainerTools.Engine.Containers;
using ContainerTools.Linux.Trees;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;

namespace ContainerTools.Runtime.State;

/// <summary>A running container of this product whose run state somebody has removed: what its own directory and its monitor's last words say is enough to make it again.</summary>
internal static class LostState
{
    /// <summary>Makes the state again, unless it is there.</summary>
    /// <param name="root">The state root.</param>
    /// <param name="id">The container.</param>
    /// <param name="bundle">Its directory, which has config.json.</param>
    /// <param name="cgroupPath">Its control group; null where it has none.</param>
    /// <exception cref="CommandException">It does not run.</exception>
    public static StateDirectory Restore(string root, string id, string bundle, string? cgroupPath)
    {
        if (Directory.Exists(Path.Combine(root, id)))
            return StateDirectory.Open(root, id);
        // One that has just ended has no state either, and must not get it back.
        if (StatusReader.Read(bundle) is not { State: ContainerState.Running or ContainerState.Paused } status || !StatusReader.IsAlive(status))
            throw NotRunning(id);
        byte[] document = File.ReadAllBytes(Path.Combine(bundle, ContainerFiles.Specification));
        var directory = StateDirectory.Create(root, id);
        try
        {
            directory.Write(new ContainerStateFile
            {
                Id = id,
                Bundle = bundle,
                Pid = status.Pid,
                StartTime = status.PidStartTime,
                Created = status.StartedAt ?? DateTimeOffset.UtcNow,
                CgroupPath = cgroupPath,
                Annotations = RuntimeJson.ReadSpec(document).Annotations,
            }, document);
            // While it lives, its monitor has its end still to come, and takes the state away then.
            return StatusReader.IsAlive(status) ? directory : throw NotRunning(id);
        }
        catch
        {
            TreeRemoval.Remove(directory.DirectoryPath);
            throw;
        }
    }

    private static CommandException NotRunning(string id) => new($"The container '{id}' is not running.");
}
