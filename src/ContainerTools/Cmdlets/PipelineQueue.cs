using System.Collections.Concurrent;

namespace ContainerTools.Cmdlets;

/// <summary>Carries what other threads have to say to the pipeline's thread.</summary>
internal sealed class PipelineQueue : IDisposable
{
    // Bounded, so that a fast writer (a log of gigabytes) waits for a slow reader.
    private const int Capacity = 512;

    private readonly BlockingCollection<Action> _actions = new(Capacity);

    /// <summary>Has an action run on the pipeline's thread; waits while many are waiting.</summary>
    public void Post(Action action, CancellationToken cancellationToken = default)
    {
        try
        {
            _actions.Add(action, cancellationToken);
        }
        catch (InvalidOperationException)
        {
            // The work has ended: a late report (of a progress timer, say) is nobody's any more.
        }
    }

    /// <summary>Runs actions as they come until <see cref="Complete"/>.</summary>
    public void RunAll()
    {
        foreach (var action in _actions.GetConsumingEnumerable())
            action();
    }

    /// <summary>Runs the actions that wait, and waits for no more.</summary>
    public void RunPending()
    {
        while (_actions.TryTake(out var action))
            action();
    }

    /// <summary>No more actions come.</summary>
    public void Complete() => _actions.CompleteAdding();

    /// <inheritdoc/>
    public void Dispose() => _actions.Dispose();
}
