using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>Waits until containers have ended, and writes them, with their exit codes, as they do.</summary>
[Cmdlet(VerbsLifecycle.Wait, "Container")]
[OutputType(typeof(Container))]
public sealed class WaitContainerCommand : ContainerCommand
{
    private ContainerWaits? _waits;

    /// <summary>How long to wait at most: seconds, a TimeSpan or text such as 90s. A container that still runs then is an error.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        while (_waits is { Count: > 0 } waits)
            Attempt(null, () => Write(waits.Next(Stopped)));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _waits?.Dispose();
        base.Dispose(disposing);
    }

    private protected override void Process(Container container) => (_waits ??= Containers.Await()).Add(container, Timeout);

    private void Write(ContainerWaitResult result)
    {
        if (result.Ended is { } ended)
        {
            WriteObject(ended);
            return;
        }
        throw result.Error ?? new ContainerToolsException(
            "WaitTimedOut", ErrorKind.Timeout, $"The container '{result.Container.Name}' has not ended within {DisplayText.Seconds(Timeout!.Value)}: it {Doing(result.Container)}.", result.Container);
    }

    /// <summary>What a container does instead of ending, as it is now.</summary>
    private string Doing(Container container) => (Containers.Find(container.Id) is [var current] ? current : container).State switch
    {
        ContainerState.Paused => "is suspended; Resume-Container lets it go on",
        ContainerState.Restarting => "has, but its restart policy is about to start it again; Stop-Container ends that",
        ContainerState.Starting => "is being started or stopped",
        _ => "still runs",
    };
}
