using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>Stops containers and starts them again; those that do not run are started. Several are restarted at the same time.</summary>
[Cmdlet(VerbsLifecycle.Restart, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class RestartContainerCommand : ConcurrentContainerCommand
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

    /// <summary>Writes the restarted containers.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Process(Container container)
    {
        if (ShouldProcess(Describe(container), "Restart container"))
            Begin(container, token => Containers.RestartAsync(container, new StopOptions { Timeout = Timeout, Signal = Signal }, token));
    }

    private protected override void Complete(Container container)
    {
        if (PassThru)
            WriteObject(container);
    }
}
