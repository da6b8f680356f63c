namespace ContainerTools.Cmdlets;

/// <summary>A command that runs while the pipeline feeds its standard input. What it writes comes out whenever the pipeline's thread is here.</summary>
internal sealed class PipedCommand : IDisposable
{
    private readonly PipelineQueue _queue = new();
    private readonly InputPipe _input = new();
    private readonly CancellationTokenSource _abandon;
    private readonly Task<int> _work;

    /// <summary>Starts it.</summary>
    /// <param name="start">Starts the command with its standard input; it posts what is to be written, and gives the exit code.</param>
    /// <param name="stopped">Ends it.</param>
    public PipedCommand(Func<Stream, PipelineQueue, CancellationToken, Task<int>> start, CancellationToken stopped)
    {
        _abandon = CancellationTokenSource.CreateLinkedTokenSource(stopped);
        var token = _abandon.Token;
        _work = Task.Run(() => start(_input, _queue, token), CancellationToken.None);
        _ = _work.ContinueWith(_ => _queue.Complete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Feeds it; what comes after its end is nobody's.</summary>
    public void Write(ReadOnlyMemory<byte> data)
    {
        _queue.RunPending();
        while (!_work.IsCompleted && !_input.TryAdd(data))
            _queue.RunPending();
    }

    /// <summary>Ends its input and waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public int Finish()
    {
        _input.Complete();
        _queue.RunAll();
        return _work.GetAwaiter().GetResult();
    }

    /// <summary>Ends it if it runs still.</summary>
    public void Dispose()
    {
        _abandon.Cancel();
        _input.Complete();
        ((IAsyncResult)_work).AsyncWaitHandle.WaitOne();
        _ = _work.Exception;
        _abandon.Dispose();
        _queue.Dispose();
    }
}
