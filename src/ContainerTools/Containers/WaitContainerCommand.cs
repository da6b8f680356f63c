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
            "WaitTimedOut", ErrorKind.Timeout, $"Container '{result.Container.Name}' still runs after {Timeout!.Value.TotalSeconds:0.###} seconds.", result.Container);
    }
}
