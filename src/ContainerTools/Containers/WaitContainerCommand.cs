using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Engine;

namespace ContainerTools;

/// <summary>Waits until containers have ended, and writes them, with their exit codes, as they do.</summary>
[Cmdlet(VerbsLifecycle.Wait, "Container")]
[OutputType(typeof(Container))]
public sealed class WaitContainerCommand : ConcurrentContainerCommand
{
    /// <summary>How long to wait at most: seconds, a TimeSpan or text such as 90s. A container that still runs then is an error.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    private protected override void Process(Container container) => Begin(container, async token =>
    {
        if (Timeout is not { } timeout)
            return await Containers.WaitAsync(container, token);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(timeout);
        try
        {
            return await Containers.WaitAsync(container, limit.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new ContainerToolsException(
                "WaitTimedOut", ErrorKind.Timeout, $"Container '{container.Name}' still runs after {timeout.TotalSeconds:0.###} seconds.", container);
        }
    });

    private protected override void Complete(Container container) => WriteObject(container);
}
