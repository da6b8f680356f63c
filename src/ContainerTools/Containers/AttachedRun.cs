using System.Management.Automation;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Logs;

namespace ContainerTools;

/// <summary>What a container writes while somebody waits for its end.</summary>
internal static class AttachedRun
{
    /// <summary>Starts a container and writes its standard output as bytes, and the lines of its standard error.</summary>
    /// <param name="cmdlet">Who writes them.</param>
    /// <param name="containers">The store's containers.</param>
    /// <param name="container">The container.</param>
    /// <param name="input">Its standard input; null for none.</param>
    /// <param name="output">Where the bytes go.</param>
    /// <param name="queue">The way to the pipeline's thread.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Its exit code.</returns>
    public static async Task<int> CopyAsync(
        PSCmdlet cmdlet, ContainerManager containers, Container container, Stream? input, ByteOutput output, PipelineQueue queue, CancellationToken cancellationToken)
    {
        var (started, raw) = await containers.StartForOutputAsync(container, input, cancellationToken);
        using (raw)
        using (var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            output.Begin();
            var target = output.To(queue, end.Token);
            var copy = Task.Factory.StartNew(() => raw.CopyTo(target, end.Token), end.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            var follow = FollowAsync(cmdlet, containers, started, started.StartedAt, queue, end.Token);
            try
            {
                await copy;
            }
            catch
            {
                // The disk is full, say: nobody waits for the end then.
                await end.CancelAsync();
                await Task.WhenAny(follow);
                throw;
            }
            return await follow;
        }
    }

    /// <summary>Writes its lines as they come.</summary>
    /// <param name="cmdlet">Who writes them.</param>
    /// <param name="containers">The store's containers.</param>
    /// <param name="container">The container as it was started.</param>
    /// <param name="since">What it wrote before is left out.</param>
    /// <param name="queue">The way to the pipeline's thread.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Its exit code.</returns>
    public static async Task<int> FollowAsync(PSCmdlet cmdlet, ContainerManager containers, Container container, DateTimeOffset? since, PipelineQueue queue, CancellationToken cancellationToken)
    {
        bool terminal = container.Terminal;
        await foreach (var record in containers.ReadLogAsync(container, new LogOptions { Follow = true, Since = since }, cancellationToken))
        {
            // A terminal ends its lines with a carriage return too.
            string line = terminal ? record.Message.TrimEnd('\r') : record.Message;
            queue.Post(() => CommandOutput.Write(cmdlet, record.Stream, line), cancellationToken);
        }
        return (await containers.WaitAsync(container, cancellationToken)).ExitCode ?? CommandFailure.ContainerFailed;
    }
}
