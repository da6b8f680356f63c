using ContainerTools.Core.Images;

namespace ContainerTools.Cmdlets;

public abstract partial class ContainerToolsCmdlet
{
    /// <summary>Waits for a transfer and shows how far it is.</summary>
    private protected T Transfer<T>(string activity, Func<IProgress<TransferProgress>, CancellationToken, Task<T>> transfer)
    {
        TransferProgressWriter? progress = null;
        try
        {
            return Await((queue, token) =>
            {
                progress = new TransferProgressWriter(this, queue, activity);
                queue.Post(progress.Start, token);
                return transfer(progress, token);
            });
        }
        finally
        {
            if (!Stopped.IsCancellationRequested)
                progress?.Finish();
        }
    }
}
