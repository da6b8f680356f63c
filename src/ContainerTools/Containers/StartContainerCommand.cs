using System.Management.Automation;

namespace ContainerTools;

/// <summary>Starts containers.</summary>
[Cmdlet(VerbsLifecycle.Start, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class StartContainerCommand : ContainerCommand
{
    /// <summary>Writes the started containers.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process(Container container)
    {
        if (!ShouldProcess(Describe(container), "Start container"))
            return;
        var started = Containers.StartAsync(container, Stopped).GetAwaiter().GetResult();
        if (PassThru)
            WriteObject(started);
    }
}
