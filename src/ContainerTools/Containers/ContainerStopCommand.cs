using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>A command that asks containers to end, and kills those that do not in time.</summary>
public abstract class ContainerStopCommand : ConcurrentContainerCommand
{
    /// <summary>How long to wait before the container is killed: seconds, a TimeSpan or text such as 90s; 0 kills at once, -1 waits without limit. By default the container's own.</summary>
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

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Timeout < TimeSpan.Zero && !IsUnlimited)
        {
            Refuse(new ErrorRecord(
                new PSArgumentException($"A -Timeout of {DisplayText.Seconds(Timeout.Value)} makes no sense. Give 0 to kill at once, -1 to wait without limit, or how long to wait."),
                "InvalidTimeout", ErrorCategory.InvalidArgument, Timeout));
        }
    }

    /// <summary>Docker's -1, and .NET's infinite TimeSpan, which is -1 too, of milliseconds.</summary>
    private bool IsUnlimited => Timeout == TimeSpan.FromSeconds(-1) || Timeout == System.Threading.Timeout.InfiniteTimeSpan;

    private protected StopOptions Options => new() { Timeout = Timeout, Signal = Signal };

    private protected override void Complete(Container container)
    {
        if (PassThru)
            WriteObject(container);
    }
}
