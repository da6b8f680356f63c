using System.Management.Automation;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>Makes containers, which Start-Container starts.</summary>
[Cmdlet(VerbsCommon.New, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class NewContainerCommand : ContainerCreationCommand
{
    /// <summary>Removes the container, with its anonymous volumes, when it has ended.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter AutoRemove { get; set; }

    private protected override void Create(Image image, ContainerOptions options)
    {
        if (!ShouldProcess(options.Name ?? $"a container from {image}", $"Create container from {image}"))
            return;
        options.AutoRemove = AutoRemove;
        WriteObject(Containers.Create(options, Prepare(image), Stopped));
    }
}
