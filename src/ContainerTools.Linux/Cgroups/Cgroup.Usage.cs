namespace ContainerTools.Linux.Cgroups;

/// <content>What it uses.</content>
public sealed partial class Cgroup
{
    /// <summary>Whether the group is there.</summary>
    public bool Exists => Directories.Any(System.IO.Directory.Exists);

    /// <summary>Reads what the group has used. Numbers of a group that is gone are null.</summary>
    public CgroupUsage ReadUsage() => hierarchies.UnifiedControls ? UnifiedUsageReader.Read(UnifiedDirectory!) : LegacyUsageReader.Read(Directory);

    /// <summary>Reads the rest of what the kernel tells of it.</summary>
    public CgroupDetails ReadDetails() => hierarchies.UnifiedControls ? CgroupDetailsReader.ReadUnified(UnifiedDirectory!) : CgroupDetailsReader.ReadLegacy(Directory);
}
