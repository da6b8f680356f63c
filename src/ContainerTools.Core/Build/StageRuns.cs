using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Language;

namespace ContainerTools.Core.Build;

/// <summary>The stages of a build as a graph: those that the target needs, each executed once, as soon as somebody needs it.</summary>
internal sealed class StageRuns(BuildSession session, CancellationToken ct)
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, Task<StageResult>> runs = [];
    private readonly Dictionary<int, Task<StagePlan>> plans = [];

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

    /// <summary>What a stage will come to.</summary>
    internal Task<StagePlan> PlanAsync(Stage stage)
    {
        lock (gate)
        {
            if (!plans.TryGetValue(stage.Index, out var plan))
            {
                plans[stage.Index] = plan = Task.Run(() => new StageBuilder(session, stage, ct).PlanAsync(), ct);
            }

            return plan;
        }
    }

    /// <summary>Begins everything that a stage needs, so that what is independent goes on side by side, and returns the stage. What caches may spare is not begun yet.</summary>
    internal Task<StageResult> RunWithNeededAsync(Stage target)
    {
        foreach (var stage in session.LeavesStagesOut ? [] : Needed(target))
        {
            _ = RunAsync(stage);
        }

        return RunAsync(target);
    }

    /// <summary>Begins what the rest of a stage takes from others, and what those take that began from it: a step of it is in no cache, so that theirs are in none either.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="rest">Its instructions that are left.</param>
    internal void BeginNeeded(Stage stage, IEnumerable<Instruction> rest)
    {
        if (!session.LeavesStagesOut)
        {
            return;
        }

        List<Stage> above;
        lock (gate)
        {
            above = [.. runs.Keys.Select(i => session.File.Stages[i]).Where(s => s != stage && Bases(s).Contains(stage))];
        }

        var needed = Sources(rest).Select(name => session.File.FindStage(name, stage.Index))
            .Concat(above.SelectMany(s => Sources(s.Instructions).Select(name => session.File.FindStage(name, s.Index))));
        foreach (var other in needed.OfType<Stage>())
        {
            _ = RunAsync(other);
        }
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

        Task<StagePlan>[] planned;
        lock (gate)
        {
            planned = [.. plans.Values];
        }

        // Whoever needed a plan has its error.
        await Task.WhenAll(planned).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
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
        foreach (string name in Sources(stage.Instructions))
        {
            yield return (name, true);
        }
    }

    private static IEnumerable<string> Sources(IEnumerable<Instruction> instructions)
    {
        foreach (var instruction in instructions)
        {
            if (instruction is CopyInstruction { From: { } from })
            {
                yield return from;
            }

            foreach (string flag in (instruction as RunInstruction)?.MountFlags ?? [])
            {
                foreach (string field in flag.Split(',').Where(static f => f.StartsWith("from=", StringComparison.OrdinalIgnoreCase)))
                {
                    yield return field["from=".Length..];
                }
            }
        }
    }

    private IEnumerable<Stage> Bases(Stage stage)
    {
        for (Stage? below = stage; below is not null;)
        {
            below = session.File.FindStage(session.Scope.ExpandFrom(below).BaseName, below.Index, allowIndex: false);
            if (below is not null)
            {
                yield return below;
            }
        }
    }
}
