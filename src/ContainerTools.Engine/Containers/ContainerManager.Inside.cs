using ContainerTools.Engine.Processes;
using ContainerTools.Engine.Statistics;

namespace ContainerTools.Engine.Containers;

/// <content>Looking into containers.</content>
public sealed partial class ContainerManager
{
    /// <summary>A running container's processes, by their ids on the host.</summary>
    /// <param name="container">The container.</param>
    /// <exception cref="ContainerToolsException">ContainerNotFound, ContainerNotRunning.</exception>
    public IReadOnlyList<ContainerProcess> Processes(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        var current = RequireRunning(container, "it has no processes");
        return new ProcessReader(current, current.Pid!.Value).Read();
    }

    /// <summary>Measures what containers use: after one interval, or again and again.</summary>
    /// <param name="find">The containers to measure, asked before each measurement. Those that do not run are left out.</param>
    /// <param name="interval">The time between two measurements, over which processor use is measured.</param>
    /// <param name="continuous">Whether to go on until none of them runs.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public IAsyncEnumerable<ContainerStatistics> ReadStatisticsAsync(Func<IReadOnlyList<Container>> find, TimeSpan interval, bool continuous, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(find);
        return new StatisticsReader(this, interval).ReadAsync(find, continuous, cancellationToken);
    }

    /// <summary>The container as it is now, if it runs.</summary>
    /// <param name="container">The container.</param>
    /// <param name="consequence">What follows if it does not, as the end of a sentence.</param>
    /// <exception cref="ContainerToolsException">ContainerNotFound, ContainerNotRunning.</exception>
    public Container RequireRunning(Container container, string consequence)
    {
        var current = Refresh(container);
        if (current.Pid is null)
        {
            throw new ContainerToolsException("ContainerNotRunning", ErrorKind.InvalidState,
                $"The container '{current.Name}' is not running ({current.State}), so {consequence}. Start it first.", current.Name);
        }
        return current;
    }

    /// <summary>The container as it is now, or null when it has been removed.</summary>
    internal Container? TryRefresh(Container container) => _records.TryRead(container.Id) is { } configuration ? Snapshot(configuration) : null;
}
