using System.Management.Automation;
using ContainerTools.Core.Images;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Volumes;

namespace ContainerTools.Cmdlets;

/// <summary>What all cmdlets of the module share: the store, cancellation, work under way on other threads, and errors.</summary>
public abstract partial class ContainerToolsCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private StorePaths? _paths;
    private ImageStore? _images;
    private ContainerManager? _containers;
    private VolumeStore? _volumes;
    private NetworkStore? _networks;

    /// <summary>Set when the user stops the pipeline. PowerShellStandard has no PipelineStopToken.</summary>
    protected CancellationToken Stopped => _stop.Token;

    private protected StorePaths Paths => _paths ??= OpenStore();

    private protected ImageStore Images => _images ??= new ImageStore(Paths);

    private protected ContainerManager Containers => _containers ??= new ContainerManager(Paths, RuntimeProgram.Path);

    private protected NetworkStore Networks => _networks ??= new NetworkStore(Paths);

    private protected VolumeStore Volumes => _volumes ??= new VolumeStore(Paths);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether this runs commands as a shell does, and so says in $LASTEXITCODE how that went, also where it could not begin.</summary>
    private protected virtual bool RunsCommands => false;

    /// <summary>Called by the engine when the pipeline has ended.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        if (RunsCommands && Stopped.IsCancellationRequested)
            NativeStreams.SetExitCode(this, CommandFailure.Interrupted);
        _stop.Dispose();
    }

    /// <summary>Called on another thread when the user stops the pipeline.</summary>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Ends the statement with an error before anything has begun.</summary>
    internal void Refuse(ErrorRecord error)
    {
        if (RunsCommands)
            NativeStreams.SetExitCode(this, CommandFailure.ContainerFailed);
        ThrowTerminatingError(error);
    }

    /// <summary>Runs one item's work. What goes wrong with it is one error of the item's, and the next item goes on.</summary>
    /// <param name="target">What the error is about, if the error does not say.</param>
    /// <param name="action">The work.</param>
    /// <returns>Whether it went well.</returns>
    private protected bool Attempt(object? target, Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (OperationCanceledException) when (Stopped.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception e) when (ErrorRecords.IsExpected(e))
        {
            // Before the error, which may end the script.
            if (RunsCommands)
                NativeStreams.SetExitCode(this, CommandFailure.ExitCode(e));
            WriteError(ErrorRecords.From(e, target));
            return false;
        }
    }

    /// <summary>Waits for a task, whose reports run here, on the pipeline's thread: only it may write objects and progress.</summary>
    /// <param name="start">Starts the work; it posts what is to be written.</param>
    private protected T Await<T>(Func<PipelineQueue, CancellationToken, Task<T>> start)
    {
        // A cmdlet after this one may end the pipeline while we write (Select-Object -First): then the work must end too.
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(Stopped);
        using var queue = new PipelineQueue();
        var work = Task.Run(() => start(queue, abandon.Token), CancellationToken.None);
        _ = work.ContinueWith(_ => queue.Complete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            queue.RunAll();
        }
        catch
        {
            abandon.Cancel();
            ((IAsyncResult)work).AsyncWaitHandle.WaitOne();
            // Looked at, so that it does not come back as an unobserved exception; the one that is under way matters more.
            _ = work.Exception;
            throw;
        }
        return work.GetAwaiter().GetResult();
    }

    /// <summary>Writes a file or directory as Get-Item does, with what the provider adds to it: mode, owner and size are columns of its own there.</summary>
    /// <param name="path">Its path, absolute.</param>
    private protected void WriteFile(string path)
    {
        foreach (var item in InvokeProvider.Item.Get([@"Microsoft.PowerShell.Core\FileSystem::" + path], force: true, literalPath: true))
            WriteObject(item);
    }

    private StorePaths OpenStore()
    {
        try
        {
            SessionWorker.Program = RuntimeProgram.Path;
            var paths = StorePaths.FromEnvironment();
            paths.EnsureCreated();
            return paths;
        }
        catch (Exception e) when (ErrorRecords.IsExpected(e))
        {
            if (RunsCommands)
                NativeStreams.SetExitCode(this, CommandFailure.ExitCode(e));
            ThrowTerminatingError(ErrorRecords.From(e, null));
            throw;
        }
    }
}
