using System.Management.Automation;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Logs;

namespace ContainerTools;

/// <summary>What a container writes while somebody waits for its end.</summary>
internal static class AttachedRun
{
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
