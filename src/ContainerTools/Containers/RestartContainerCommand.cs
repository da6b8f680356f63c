using System.Management.Automation;

namespace ContainerTools;

/// <summary>Stops containers and starts them again; those that do not run are started. Several are restarted at the same time.</summary>
[Cmdlet(VerbsLifecycle.Restart, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class RestartContainerCommand : ContainerStopCommand
{
    private protected override void Process(Container container)
    {
        if (ShouldProcess(Describe(container), "Restart container"))
            Begin(container, token => Containers.RestartAsync(container, Options, token));
    }
}
