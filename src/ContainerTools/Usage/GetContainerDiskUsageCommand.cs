using System.Management.Automation;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Usage;

namespace ContainerTools;

/// <summary>Shows how much space images, containers, volumes, the build cache and leftovers take in the store, and how much could go.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerDiskUsage")]
[OutputType(typeof(DiskUsage))]
public sealed class GetContainerDiskUsageCommand : ContainerToolsCmdlet
{
    /// <summary>What to measure: Image, Container, Volume, BuildCache, Leftover; all by default. Containers, volumes and cache mounts are measured file by file.</summary>
    [Parameter(Position = 0)]
    public DiskUsageKind[] Kind { get; set; } = Enum.GetValues<DiskUsageKind>();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var kind in Kind)
            Attempt(kind, () => WriteObject(Await((_, token) => Task.Run(() => new DiskUsageReader(Paths).Read(kind, token), token))));
    }
}
