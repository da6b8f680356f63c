using System.Management.Automation;

namespace ContainerTools;

/// <summary>Asks containers to end, and kills those that do not in time. Several are stopped at the same time.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class StopContainerCommand : ContainerStopCommand
{
    private protected override void Process(Container container)
    {
        if (ShouldProcess(Describe(container), "Stop container"))
            Begin(container, token => Containers.StopAsync(container, Options, token));
    }
}
