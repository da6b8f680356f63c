using System.Collections.Concurrent;

namespace ContainerTools.Engine.Containers;

/// <content>What happens when the host boots and when it goes down.</content>
public sealed partial class ContainerManager
{
    /// <summary>
    /// Starts the containers that are to run after a boot: those with the policy <c>always</c>, and those with <c>unless-stopped</c> that nobody had stopped; of both only
    /// those that ran before.
    /// </summary>
    /// <param name="report">Receives each container as it is started, or with why it could not be.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public void StartAfterBoot(Action<Container, ContainerToolsException?> report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        RestartFiles.ClearHalt(_paths.RunRoot);
        var waiting = List().Where(BelongsAfterBoot).ToList();
        // One that shares another's network can start only after that: so what fails is tried again as long as that helps.
        while (waiting.Count > 0)
        {
            List<(Container Container, ContainerToolsException Error)> failed = [];
            foreach (var container in waiting)
            {
                try
                {
                    report(Start(container, cancellationToken), null);
                }
                catch (ContainerToolsException e)
                {
                    failed.Add((container, e));
                }
            }
            if (failed.Count == waiting.Count)
            {
                failed.ForEach(f => report(f.Container, f.Error));
                return;
            }
            waiting = [.. failed.Select(f => f.Container)];
        }
    }

    /// <summary>
    /// Stops all containers because the host goes down, all at the same time. Nobody is taken to have asked for that: what would run after a boot still will. No restart
    /// policy starts a container from now on, until somebody does.
    /// </summary>
    /// <param name="report">Receives each container as it has ended, or with why it did not; from one thread at a time.</param>
    public void StopForShutdown(Action<Container, ContainerToolsException?> report)
    {
        ArgumentNullException.ThrowIfNull(report);
        RestartFiles.Halt(_paths.RunRoot);
        var running = List().Where(c => c.State is not (ContainerState.Created or ContainerState.Exited)).ToList();
        var ended = new ConcurrentQueue<(Container, ContainerToolsException?)>();
        var threads = running.ConvertAll(container =>
        {
            var thread = new Thread(() => ended.Enqueue(StopForShutdown(container)), 256 * 1024);
            thread.Start();
            return thread;
        });
        foreach (var thread in threads)
            thread.Join();
        foreach (var (container, error) in ended)
            report(container, error);
    }

    private (Container, ContainerToolsException?) StopForShutdown(Container container)
    {
        try
        {
            // One that waits for its restart looks up when something happens in its directory.
            if (container.State is ContainerState.Restarting)
                RestartFiles.Wake(container.Directory);
            return (End(container, new StopOptions(), CancellationToken.None), null);
        }
        catch (ContainerToolsException e)
        {
            return (container, e);
        }
    }

    private static bool BelongsAfterBoot(Container container) =>
        container is { State: ContainerState.Exited, StartedAt: not null } && container.RestartPolicy.Kind switch
        {
            RestartPolicyKind.Always => true,
            RestartPolicyKind.UnlessStopped => !RestartFiles.IsStopped(container.Directory),
            _ => false,
        };
}
