using System.Management.Automation;

namespace ContainerTools;

/// <summary>Suspends all processes of containers.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class SuspendContainerCommand : ContainerCommand
{
    /// <summary>Writes the suspended containers.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process(Container container)
    {
        if (!ShouldProcess(Describe(container), "Suspend container"))
            return;
        var suspended = Containers.Suspend(container);
        if (PassThru)
            WriteObject(suspended);
    }
}
