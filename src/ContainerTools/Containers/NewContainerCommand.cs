using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>Makes containers, which Start-Container starts.</summary>
[Cmdlet(VerbsCommon.New, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class NewContainerCommand : ContainerCreationCommand
{
    /// <summary>When the container is started again after it has ended: no (the default), on-failure, on-failure:N, always or unless-stopped.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RestartPolicyCompleter))]
    public string? RestartPolicy { get; set; }

    /// <summary>Removes the container, with its anonymous volumes, when it has ended.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter AutoRemove { get; set; }

    private protected override void Create(Image image, ContainerOptions options)
    {
        if (!ShouldProcess(options.Name ?? $"a container from {image}", $"Create container from {image}"))
            return;
        options.RestartPolicy = RestartPolicy is null ? null : ContainerTools.RestartPolicy.Parse(RestartPolicy);
        options.AutoRemove = AutoRemove;
        WriteObject(Containers.Create(options, Prepare(image), Stopped));
    }
}
