using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>A command that asks containers to end, and kills those that do not in time.</summary>
public abstract class ContainerStopCommand : ConcurrentContainerCommand
{
    /// <summary>How long to wait before the container is killed: seconds, a TimeSpan or text such as 90s. By default the container's own.</summary>
    [Parameter]
    [Alias("Time")]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>The signal that asks it to end; by default the container's own.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SignalCompleter))]
    public string? Signal { get; set; }

    /// <summary>Writes the containers as they are afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected StopOptions Options => new() { Timeout = Timeout, Signal = Signal };

    private protected override void Complete(Container container)
    {
        if (PassThru)
            WriteObject(container);
    }
}
