using System.Management.Automation;
using System.Runtime.ExceptionServices;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Logs;

namespace ContainerTools;

/// <summary>Reads what containers wrote to their standard output and error; those that are followed all at once, each line as it comes.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerLog")]
[OutputType(typeof(ContainerLogRecord))]
public sealed class GetContainerLogCommand : ContainerCommand
{
    private readonly List<Task> _follows = [];
    private PipelineQueue? _queue;
    private CancellationTokenSource? _abandon;

    /// <summary>Goes on with what is written from now on, until the containers end.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>Only this many of the last records of each container.</summary>
    [Parameter]
    [Alias("Last")]
    [ValidateRange(0, int.MaxValue)]
    public int? Tail { get; set; }

    /// <summary>Only records of this time and later: a date, or how long ago (10m, a TimeSpan).</summary>
    [Parameter]
    [PointInTimeTransformation]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Only records before this time: a date, or how long ago.</summary>
    [Parameter]
    [PointInTimeTransformation]
    public DateTimeOffset? Until { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_queue is not { } queue)
            return;
        _ = Task.WhenAll(_follows).ContinueWith(_ => queue.Complete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        queue.RunAll();
        if (Stopped.IsCancellationRequested)
            throw new PipelineStoppedException();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _queue is not null)
        {
            // A cmdlet after this one has had enough, or the user has: those that wait for room in the queue end too.
            _abandon!.Cancel();
            Task.WhenAll(_follows).Wait(CancellationToken.None);
            _queue.Dispose();
            _abandon.Dispose();
            _queue = null;
        }
        base.Dispose(disposing);
    }

    private protected override void Process(Container container)
    {
        var options = new LogOptions { Follow = Follow, Tail = Tail, Since = Since, Until = Until };
        if (Follow)
        {
            Begin(container, options);
            return;
        }
        Await(async (queue, token) =>
        {
            await foreach (var record in Containers.ReadLogAsync(container, options, token))
                queue.Post(() => WriteObject(record), token);
            return true;
        });
    }

    private void Begin(Container container, LogOptions options)
    {
        _abandon ??= CancellationTokenSource.CreateLinkedTokenSource(Stopped);
        var queue = _queue ??= new PipelineQueue();
        var containers = Containers;
        var token = _abandon.Token;
        _follows.Add(Task.Run(() => FollowAsync(containers, container, options, queue, token), CancellationToken.None));
        // More may be piped, and not soon.
        queue.RunPending();
    }

    /// <summary>Posts a container's lines, and at last what went wrong with it. Never fails itself.</summary>
    private async Task FollowAsync(ContainerManager containers, Container container, LogOptions options, PipelineQueue queue, CancellationToken token)
    {
        try
        {
            try
            {
                await foreach (var record in containers.ReadLogAsync(container, options, token))
                    queue.Post(() => WriteObject(record), token);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                queue.Post(() => Attempt(container, () => ExceptionDispatchInfo.Throw(e)), token);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody reads any more.
        }
    }
}
