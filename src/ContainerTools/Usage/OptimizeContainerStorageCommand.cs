using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Usage;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>Removes from the store what nobody needs: leftovers and images without a name, and as asked for, containers that have ended, images and volumes that no container uses.</summary>
[Cmdlet(VerbsCommon.Optimize, "ContainerStorage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(StorageRemoval))]
public sealed class OptimizeContainerStorageCommand : ContainerToolsCmdlet
{
    // What is removed, or would be: what it keeps in use no longer is.
    private readonly HashSet<string> _removedContainers = [];

    /// <summary>Removes containers that have ended, with their logs.</summary>
    [Parameter]
    public SwitchParameter StoppedContainer { get; set; }

    /// <summary>Removes all images that no container was made from, not only those without a name.</summary>
    [Parameter]
    public SwitchParameter UnusedImage { get; set; }

    /// <summary>Removes volumes that no container has, with all that is in them.</summary>
    [Parameter]
    public SwitchParameter UnusedVolume { get; set; }

    /// <summary>Removes the build cache: the results of steps, and the directories of RUN --mount=type=cache.</summary>
    [Parameter]
    public SwitchParameter BuildCache { get; set; }

    /// <summary>Of the build cache, keeps what was used last, as much as this, as 10GB; what images need as well does not count. Removes the rest, also without -BuildCache.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(0, long.MaxValue)]
    public long? KeepStorage { get; set; }

    /// <summary>Spares what is younger, as 12h or 7d: containers by their end, images by when they came here, volumes by when they were made, the build cache by when a build used it.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan OlderThan { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (StoppedContainer)
            Attempt(null, RemoveContainers);
        if (UnusedVolume)
            Attempt(null, RemoveVolumes);
        Attempt(null, RemoveImages);
        if (BuildCache || KeepStorage is not null)
            Attempt(null, RemoveBuildCache);
        Attempt(null, RemoveLeftovers);
    }

    private void RemoveContainers()
    {
        foreach (var item in Measure(DiskUsageKind.Container).Items)
        {
            // One that was made and not started may be about to be, by another shell.
            if (item.InUse || !IsOld(item) || Containers.Find(item.Id) is not [{ State: ContainerState.Exited } container])
                continue;
            Remove(item, "Remove container", () => Containers.RemoveAsync(container, new RemoveContainerOptions { RemoveVolumes = true }, Stopped).GetAwaiter().GetResult(),
                () => _removedContainers.Add(item.Name));
        }
    }

    private void RemoveVolumes()
    {
        foreach (var item in Measure(DiskUsageKind.Volume).Items.Where(i => !IsUsed(i) && IsOld(i)))
            Remove(item, "Remove volume", () => Volumes.Remove(item.Name, force: false));
    }

    private void RemoveImages()
    {
        foreach (var item in Measure(DiskUsageKind.Image).Items.Where(i => !IsUsed(i) && IsOld(i) && (UnusedImage || i.Name.Length == 0)))
        {
            Remove(item, "Remove image", () =>
            {
                foreach (var image in Images.Find(item.Id))
                    Images.Remove(image, force: false, Stopped);
            });
        }
    }

    private void RemoveBuildCache()
    {
        var pruner = new BuildCachePruner(Paths);
        int removed = 0;
        foreach (var item in BuildCachePruner.Select(Measure(DiskUsageKind.BuildCache), OlderThan, KeepStorage))
        {
            Remove(item, "Remove from the build cache", () =>
            {
                pruner.Remove(item);
                removed++;
            });
        }
        if (removed > 0)
            Images.Collect(Stopped);
    }

    private void RemoveLeftovers()
    {
        Containers.RemoveInterrupted(MayDelete, Stopped);
        Volumes.RemoveInterrupted(MayDelete);
        var leftovers = Measure(DiskUsageKind.Leftover);
        if (leftovers.Count == 0)
            return;
        var what = $"{leftovers.Count} blobs and layers that nothing needs";
        if (ShouldProcess($"{what} ({ByteSize.Format(leftovers.Size)})", "Delete leftovers"))
            WriteObject(new StorageRemoval(DiskUsageKind.Leftover, what, Images.Collect(Stopped).FreedBytes));
    }

    private bool MayDelete(string directory) => ShouldProcess(directory, "Delete what an interrupted command left");

    private void Remove(DiskUsageItem item, string action, Action remove, Action? removed = null) => Attempt(item, () =>
    {
        var target = $"{item} ({ByteSize.Format(item.UniqueSize)})";
        if (ShouldProcess($"{action} {target}", $"{action} {target}?", "Optimize the container storage", out var reason))
        {
            remove();
            WriteObject(new StorageRemoval(item.Kind, item.ToString(), item.UniqueSize));
        }
        else if (reason != ShouldProcessReason.WhatIf)
        {
            return;
        }
        removed?.Invoke();
    });

    private DiskUsage Measure(DiskUsageKind kind) => Await((_, token) => Task.Run(() => new DiskUsageReader(Paths).Read(kind, token), token));

    // A lease counts as use too, and has no container's name.
    private bool IsUsed(DiskUsageItem item) => item.InUse && (item.UsedBy.Count == 0 || item.UsedBy.Any(u => !_removedContainers.Contains(u)));

    private bool IsOld(DiskUsageItem item) => OlderThan == TimeSpan.Zero || (item.Since is { } since && DateTimeOffset.UtcNow - since >= OlderThan);
}
