using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>Asks containers to end, and kills those that do not in time. Several are stopped at the same time.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class StopContainerCommand : ConcurrentContainerCommand
{
    /// <summary>How long to wait before the container is killed: seconds, a TimeSpan or text such as 90s. By default the container's own.</summary>
    [Parameter]
    [Alias("Time")]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>The signal that asks; by default the container's own.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public string? Signal { get; set; }

    /// <summary>Writes the stopped containers.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process(Container container)
    {
        if (ShouldProcess(Describe(container), "Stop container"))
            Begin(container, token => Containers.StopAsync(container, new StopOptions { Timeout = Timeout, Signal = Signal }, token));
    }

    private protected override void Complete(Container container)
    {
        if (PassThru)
            WriteObject(container);
    }
}
