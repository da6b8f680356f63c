using System.Runtime.CompilerServices;
using ContainerTools.Engine.Containers;

namespace ContainerTools.Engine.Statistics;

/// <summary>Measures running containers again and again, all of them at the same moments.</summary>
internal sealed class StatisticsReader(ContainerManager manager, TimeSpan interval)
{
    private Dictionary<string, StatisticsSample> _before = new(StringComparer.Ordinal);

    /// <summary>Measures.</summary>
    /// <param name="find">The containers to measure, asked before each measurement. Those that do not run are left out.</param>
    /// <param name="continuous">Whether to go on until none of them runs.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async IAsyncEnumerable<ContainerStatistics> ReadAsync(Func<IReadOnlyList<Container>> find, bool continuous, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Measure(find());
        do
        {
            await Task.Delay(interval, cancellationToken).ConfigureAwait(false);
            var earlier = _before;
            var now = Measure(find());
            if (now.Count == 0)
                yield break;
            foreach (var (id, sample) in now)
                yield return sample.ToStatistics(earlier.GetValueOrDefault(id));
        }
        while (continuous);
    }

    private List<KeyValuePair<string, StatisticsSample>> Measure(IReadOnlyList<Container> containers)
    {
        var samples = new List<KeyValuePair<string, StatisticsSample>>();
        foreach (var container in containers)
        {
            if (manager.TryRefresh(container) is { Pid: not null } running && StatisticsSample.Take(running) is { } sample)
                samples.Add(new(container.Id, sample));
        }
        _before = new(samples, StringComparer.Ordinal);
        return samples;
    }
}
