using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Language;

namespace ContainerTools.Core.Build;

/// <summary>The stages of a build as a graph: those that the target needs, each executed once, as soon as somebody needs it.</summary>
internal sealed class StageRuns(BuildSession session, CancellationToken ct)
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, Task<StageResult>> runs = [];

    /// <summary>The stage, executed or under way.</summary>
    internal Task<StageResult> RunAsync(Stage stage)
    {
        lock (gate)
        {
            if (!runs.TryGetValue(stage.Index, out var run))
            {
                runs[stage.Index] = run = Task.Run(() => new StageBuilder(session, stage, ct).RunAsync(), ct);
            }

            return run;
        }
    }

    /// <summary>Begins everything that a stage needs, so that what is independent goes on side by side, and returns the stage.</summary>
    internal Task<StageResult> RunWithNeededAsync(Stage target)
    {
        foreach (var stage in Needed(target))
        {
            _ = RunAsync(stage);
        }

        return RunAsync(target);
    }

    /// <summary>Waits until nothing is under way any more, however it ended.</summary>
    /// <returns>The error that came first in the file, if any.</returns>
    internal async Task<Exception?> SettleAsync()
    {
        List<Task<StageResult>> all;
        lock (gate)
        {
            all = [.. runs.OrderBy(static r => r.Key).Select(static r => r.Value)];
        }

        Exception? first = null;
        foreach (var run in all)
        {
            try
            {
                await run;
            }
            catch (Exception e)
            {
                first = first is null or OperationCanceledException ? e : first;
            }
        }

        return first;
    }

    /// <summary>What the cache has of the steps of all stages; all have ended well.</summary>
    internal async Task<IReadOnlyList<BuildCacheRecord>> ListRecordsAsync()
    {
        var records = new List<BuildCacheRecord>();
        foreach (var run in runs.OrderBy(static r => r.Key))
        {
            records.AddRange((await run.Value).Records);
        }

        return records;
    }

    private SortedSet<int> NeededNumbers(Stage target)
    {
        var needed = new SortedSet<int>();
        var open = new Stack<Stage>([target]);
        while (open.TryPop(out var stage))
        {
            if (!needed.Add(stage.Index))
            {
                continue;
            }

            foreach (var other in Names(stage).Select(n => session.File.FindStage(n.Name, stage.Index, n.AllowIndex)).OfType<Stage>())
            {
                open.Push(other);
            }
        }

        return needed;
    }

    private IEnumerable<Stage> Needed(Stage target) => NeededNumbers(target).Select(i => session.File.Stages[i]);

    private IEnumerable<(string Name, bool AllowIndex)> Names(Stage stage)
    {
        yield return (session.Scope.ExpandFrom(stage).BaseName, false);
        foreach (var instruction in stage.Instructions)
        {
            if (instruction is CopyInstruction { From: { } from })
            {
                yield return (from, true);
            }

            foreach (string flag in (instruction as RunInstruction)?.MountFlags ?? [])
            {
                foreach (string field in flag.Split(',').Where(static f => f.StartsWith("from=", StringComparison.OrdinalIgnoreCase)))
                {
                    yield return (field["from=".Length..], true);
                }
            }
        }
    }
}
