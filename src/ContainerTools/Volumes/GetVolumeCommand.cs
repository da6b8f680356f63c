using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Lists volumes.</summary>
[Cmdlet(VerbsCommon.Get, "Volume")]
[OutputType(typeof(Volume))]
public sealed class GetVolumeCommand : ContainerToolsCmdlet
{
    /// <summary>Names with or without wildcards; all volumes when left out.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name")]
    [VolumeTransformation]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public VolumeArgument[] Volume { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Volume.Length == 0)
            Attempt(null, () => WriteObject(Volumes.List(), enumerateCollection: true));
        foreach (var volume in Volume)
            Attempt(volume.Text, () => WriteObject(Resolve(volume), enumerateCollection: true));
    }
}
