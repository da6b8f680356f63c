using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Deletes volumes with all that is in them.</summary>
[Cmdlet(VerbsCommon.Remove, "Volume", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
public sealed class RemoveVolumeCommand : ContainerToolsCmdlet
{
    /// <summary>The volumes: objects, or names with or without wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name")]
    [VolumeTransformation]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    public VolumeArgument[] Volume { get; set; } = [];

    /// <summary>Deletes a volume though a container that does not run has it. A running container's volume is never deleted.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var argument in Volume)
        {
            Attempt(argument.Text, () =>
            {
                foreach (var volume in Resolve(argument))
                {
                    if (ShouldProcess($"{volume.Name} ({volume.MountPoint})", "Remove volume"))
                        Attempt(volume, () => Volumes.Remove(volume.Name, Force));
                }
            });
        }
    }
}
