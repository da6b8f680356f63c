using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Images;
using ContainerTools.Engine.Layers;

namespace ContainerTools.Core.Build;

/// <content>Layers that a cache has, and those that it gets.</content>
internal sealed partial class StageBuilder
{
    /// <summary>Adds a layer: the cache's, or one that is written now.</summary>
    /// <param name="quickKeys">Keys that are known without looking at files; null for none.</param>
    /// <param name="findKey">Finds the key by what the files are.</param>
    /// <param name="createdBy">The step, for the history.</param>
    /// <param name="write">Writes the layer.</param>
    private async Task LayerAsync(string?[] quickKeys, Func<Task<string>> findKey, string createdBy, Func<Stream, CancellationToken, Task<long>> write)
    {
        if (await TryCacheAsync(quickKeys, findKey, createdBy) is not { } key)
        {
            return;
        }

        await ResolveLayersAsync();
        Keep(key, quickKeys, createdBy, await new LayerBuilder(session.Content, session.Layers, session.Lease).BuildAsync(write, DiffIds, ct));
        Report(BuildStepStatus.Done, createdBy);
    }

    /// <summary>Adds the layer that a cache has.</summary>
    /// <returns>Null when there was one; otherwise the key under which to keep it.</returns>
    private async Task<string?> TryCacheAsync(string?[] quickKeys, Func<Task<string>> findKey, string createdBy)
    {
        if (TryTake(quickKeys, createdBy))
        {
            return null;
        }

        string key = await findKey();
        if (session.FindStep(key, DiffIds, ct) is not { } known)
        {
            BeginNeeded();
            return key;
        }

        Take(known, quickKeys, createdBy);
        return null;
    }

    /// <summary>Takes a step by what is planned of the stages that it takes files from. Where that fails those stages begin, and this one's below.</summary>
    private bool TryTakePlanned(string? plannedKey, string createdBy)
    {
        if (plannedKey is null || !session.LeavesStagesOut)
        {
            return false;
        }

        if (TryTake([plannedKey], createdBy))
        {
            return true;
        }

        BeginNeeded(fromThis: true);
        return false;
    }

    private bool TryTake(string?[] keys, string createdBy)
    {
        var known = keys.OfType<string>().Select(key => session.FindStep(key, DiffIds, ct)).FirstOrDefault(static r => r is not null);
        if (known is not null)
        {
            Take(known, keys, createdBy);
        }

        return known is not null;
    }

    private void Take(BuildCacheRecord record, string?[] quickKeys, string createdBy)
    {
        AddLayer(record, createdBy);
        KeepQuick(record, quickKeys);
        Report(BuildStepStatus.Cached, createdBy);
    }

    // The same result under the keys that it could have been found by sooner.
    private void KeepQuick(BuildCacheRecord record, string?[] quickKeys)
    {
        foreach (string quickKey in quickKeys.OfType<string>().Where(k => k != record.Key))
        {
            var quick = record with { Key = quickKey, ContentKey = record.ContentKey ?? record.Key };
            session.Cache.Add(quick);
            records.Add(quick);
        }
    }

    private void Keep(string key, string?[] quickKeys, string createdBy, BuiltLayer? built)
    {
        var record = new BuildCacheRecord
        {
            Key = key,
            Step = createdBy,
            Created = session.Created,
            DiffId = built?.DiffId ?? default,
            ChainId = built is null ? default : ChainId.Of([.. DiffIds, built.DiffId]),
            Blob = built?.Descriptor,
            Size = built?.Size ?? 0,
        };
        session.Cache.Add(record);
        session.HasAdded |= record.Blob is not null;
        AddLayer(record, createdBy);
        KeepQuick(record, quickKeys);
    }

    // Something is in no cache: what the rest of the stage needs can be made meanwhile.
    private void BeginNeeded(bool fromThis = false)
    {
        if (!IsPlan)
        {
            session.Stages.BeginNeeded(stage, instructions.Skip(fromThis ? step - 2 : step - 1));
        }
    }
}
