using ContainerTools.Core.Tests.Support;
using ContainerTools.Core.Usage;
using ContainerTools.Engine.Volumes;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Core.Tests.Usage;

/// <summary>What takes space, and what could go.</summary>
public sealed class DiskUsageTests : IDisposable
{
    private const int FileSize = 100_000;

    private readonly StoreFixture store = new();
    private readonly FakeRegistry registry = new();

    public void Dispose()
    {
        registry.Dispose();
        store.Dispose();
    }

    [Fact]
    public async Task SharedLayersCountOnce()
    {
        var first = await store.PullAsync(registry.Add("first", "1", TestImage.Create(FileSize, "base", "a")));
        var second = await store.PullAsync(registry.Add("second", "1", TestImage.Create(FileSize, "base", "b")));
        store.Images.Tag(second, registry.Reference("alias:1"));
        var usage = new DiskUsageReader(store.Paths).Read(DiskUsageKind.Image, default);

        Assert.Equal((2, 0), (usage.Count, usage.InUse));
        long layer = FileSize + first.Manifest.Layers[0].Size;
        long blobs = store.BlobFiles().Sum(f => new FileInfo(Path.Combine(store.Paths.Content, "blobs/sha256", f)).Length);
        Assert.Equal(blobs + (3 * FileSize), usage.Size);
        Assert.Equal(usage.Size, usage.ReclaimableSize);
        Assert.All(usage.Items, i => Assert.Equal(layer, i.SharedSize));
        Assert.Equal(2, usage.Items.Single(i => i.Id == second.Id).Names.Count);
        Assert.All(usage.Items, i => Assert.InRange(DateTimeOffset.UtcNow - i.Since!.Value, TimeSpan.FromSeconds(-2), TimeSpan.FromMinutes(1)));

        // A container keeps its image, and with it what that shares.
        store.AddContainer("user", second);
        usage = new DiskUsageReader(store.Paths).Read(DiskUsageKind.Image, default);
        Assert.Equal(["user"], usage.Items.Single(i => i.InUse).UsedBy);
        var free = usage.Items.Single(i => !i.InUse);
        Assert.Equal((first.Id, free.UniqueSize), (free.Id, usage.ReclaimableSize));
        Assert.True(free.UniqueSize > FileSize);
    }

    [Fact]
    public async Task WhatAnotherShellWorksOnIsInUse()
    {
        var image = await store.PullAsync(registry.Add("x", "1", TestImage.Create(FileSize, "a")));
        using (store.Images.Hold(image, default))
        {
            var usage = new DiskUsageReader(store.Paths).Read(DiskUsageKind.Image, default);
            Assert.Equal((1, 0), (usage.InUse, usage.ReclaimableSize));
        }

        Assert.Equal(0, new DiskUsageReader(store.Paths).Read(DiskUsageKind.Image, default).InUse);
    }

    [Fact]
    public async Task LeftoversAreWhatACollectionDeletes()
    {
        var image = await store.PullAsync(registry.Add("x", "1", TestImage.Create(FileSize, "a")));
        Assert.Equal(0, new DiskUsageReader(store.Paths).Read(DiskUsageKind.Leftover, default).Count);
        var container = store.AddContainer("user", image);
        store.Images.Remove(image, force: true, default);
        Directory.Delete(container, recursive: true);

        // The blobs went with the image; the layer was the container's.
        var usage = new DiskUsageReader(store.Paths).Read(DiskUsageKind.Leftover, default);
        Assert.Equal(FileSize, usage.ReclaimableSize);
        Assert.Equal(store.LayerKeys(), usage.Items.Select(static i => i.Id));
        Assert.Equal(usage.Size, store.Images.Collect(default).FreedBytes);
        Assert.Empty(store.LayerKeys());
    }

    [Fact]
    public void VolumesAreMeasuredAsTheyLieOnDisk()
    {
        var volume = new VolumeStore(store.Paths).Create("data");
        File.WriteAllBytes(Path.Combine(volume.MountPoint, "file"), TestImage.Noise("x", 1 << 20));
        using (var sparse = File.Create(Path.Combine(volume.MountPoint, "sparse")))
        {
            sparse.SetLength(1L << 30);
        }

        Directory.CreateDirectory(Path.Combine(volume.MountPoint, "directory"));
        File.CreateSymbolicLink(Path.Combine(volume.MountPoint, "directory/link"), "/usr");
        TestSupport.Command.Run("ln", Path.Combine(volume.MountPoint, "file"), Path.Combine(volume.MountPoint, "directory/again")).Succeeded();
        var item = Assert.Single(new DiskUsageReader(store.Paths).Read(DiskUsageKind.Volume, default).Items);
        Assert.InRange(item.Size, 1 << 20, (1 << 20) + (64 << 10));
        Assert.False(item.InUse);
        Assert.Equal(0, TreeSize.Measure("/no/such/directory", default));
    }
}
