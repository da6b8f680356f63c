using System.Management.Automation;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>Removes containers with their writable layers and logs. Volumes stay.</summary>
[Cmdlet(VerbsCommon.Remove, "Container", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
public sealed class RemoveContainerCommand : ContainerCommand
{
    /// <summary>Kills a running container first.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Removes also the anonymous volumes that were made for the container.</summary>
    [Parameter]
    public SwitchParameter RemoveVolumes { get; set; }

    private protected override void Process(Container container)
    {
        if (ShouldProcess(Describe(container), "Remove container"))
            Containers.Remove(container, new RemoveContainerOptions { Force = Force, RemoveVolumes = RemoveVolumes }, Stopped);
    }
}
