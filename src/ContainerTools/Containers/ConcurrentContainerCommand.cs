namespace ContainerTools;

/// <summary>A command that waits for containers: for all of them at once, not for one after the other.</summary>
public abstract class ConcurrentContainerCommand : ContainerCommand
{
    private readonly List<(Container Container, Task<Container> Work)> _pending = [];
    private CancellationTokenSource? _abandon;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            while (_pending.Count > 0)
            {
                var finished = Task.WhenAny(_pending.Select(p => p.Work)).GetAwaiter().GetResult();
                var index = _pending.FindIndex(p => p.Work == finished);
                var (container, work) = _pending[index];
                _pending.RemoveAt(index);
                Attempt(container, () => Complete(work.GetAwaiter().GetResult()));
            }
        }
        finally
        {
            Abandon();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Abandon();
            _abandon?.Dispose();
        }
        base.Dispose(disposing);
    }

    private protected void Begin(Container container, Func<CancellationToken, Task<Container>> work)
    {
        _abandon ??= CancellationTokenSource.CreateLinkedTokenSource(Stopped);
        var token = _abandon.Token;
        _pending.Add((container, Task.Run(() => work(token), CancellationToken.None)));
    }

    /// <summary>Called on the pipeline's thread for each container as its work is done.</summary>
    private protected abstract void Complete(Container container);

    private void Abandon()
    {
        if (_pending.Count == 0)
            return;
        _abandon!.Cancel();
        foreach (var (_, work) in _pending)
            _ = work.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        _pending.Clear();
    }
}
