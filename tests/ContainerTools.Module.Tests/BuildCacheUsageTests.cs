using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class BuildCacheUsageTests(ModuleFixture module) : BuildTest(module)
{
    private string CacheDirectory => Path.Combine(Module.Store.Root, "build-cache");

    public override void Dispose()
    {
        Module.Run("Optimize-ContainerStorage -BuildCache").Succeeded();
        Environment.SetEnvironmentVariable("CONTAINERTOOLS_BUILD_CACHE_LIMIT", null);
        base.Dispose();
    }

    [Fact]
    public void The_cache_is_measured_and_goes_by_age_and_size()
    {
        Module.Run("Optimize-ContainerStorage -BuildCache").Succeeded();
        Write("""
            FROM test/busybox:1
            RUN head -c 3000000 /dev/urandom > /one
            RUN --mount=type=cache,target=/cache head -c 2000000 /dev/urandom > /cache/file && head -c 1000000 /dev/urandom > /two
            """);
        Build();
        var usage = Module.Run("Get-ContainerDiskUsage BuildCache").Succeeded().Single;
        // Two layers and the directory; the image's own record has no files.
        Assert.Equal(4, (int)usage.Count);
        Assert.InRange((long)usage.Size, 10_000_000, 10_400_000);
        // The image needs the layers as well.
        Assert.InRange((long)usage.ReclaimableSize, 2_000_000, 2_100_000);
        Module.Run("Remove-Image test/built:1").Succeeded();
        Assert.InRange((long)Module.Run("Get-ContainerDiskUsage BuildCache").Succeeded().Single.ReclaimableSize, 10_000_000, 10_400_000);
        Assert.Equal(0, (int)Module.Run("Get-ContainerDiskUsage Leftover").Succeeded().Single.Count);
        Assert.Equal("cache mount /cache", Module.Run("(Get-ContainerDiskUsage BuildCache).Items.Name -like 'cache mount*'").Succeeded().Lines[0]);

        Assert.Empty(Module.Run("Optimize-ContainerStorage -BuildCache -OlderThan 1h").Succeeded().Output);
        Assert.Empty(Module.Run("Optimize-ContainerStorage -BuildCache -WhatIf").Succeeded().Output);
        Assert.Empty(Module.Run("Optimize-ContainerStorage -KeepStorage 20MB").Succeeded().Output);
        Assert.Equal("FROM executed, RUN cached, RUN cached", Steps());
        Module.Run("Remove-Image test/built:1").Succeeded();

        // The oldest goes until what stays is little enough.
        foreach (string record in Directory.GetFiles(Path.Combine(CacheDirectory, "steps")))
            File.SetLastWriteTimeUtc(record, DateTime.UtcNow.AddHours(File.ReadAllText(record).Contains("/one", StringComparison.Ordinal) ? -3 : -2));
        var removed = Module.Run("Optimize-ContainerStorage -KeepStorage 5MB").Succeeded();
        Assert.StartsWith("RUN head -c 3000000", (string)removed.Single.Name, StringComparison.Ordinal);
        Assert.InRange((long)removed.Single.FreedSize, 6_000_000, 6_100_000);
        Assert.InRange((long)Module.Run("Get-ContainerDiskUsage BuildCache").Succeeded().Single.Size, 4_000_000, 4_200_000);
        Assert.Equal(2, Module.Run("Optimize-ContainerStorage -BuildCache -OlderThan 1h").Succeeded().Output.Count);
        Assert.Single(Directory.GetDirectories(Path.Combine(CacheDirectory, "mounts")));
        Assert.Single(Module.Run("Optimize-ContainerStorage -BuildCache").Succeeded().Output);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(CacheDirectory, "mounts")));
        Assert.Equal(0, (int)Module.Run("Get-ContainerDiskUsage BuildCache").Succeeded().Single.Count);
        // Nothing but the base image is left.
        Assert.Single(Directory.GetDirectories(Path.Combine(Module.Store.Root, "layers")));
    }

    [Fact]
    public void What_a_running_build_uses_stays()
    {
        Write("""
            FROM test/busybox:1
            RUN head -c 1000000 /dev/urandom > /one
            RUN --mount=type=cache,target=/busy echo > /busy/here; until test -e /busy/go; do sleep 0.1; done
            """);
        using var shell = Module.Create("Build-Image $args[0] -Tag test/built:1", Context.Path);
        var running = shell.BeginInvoke();
        try
        {
            Eventually(() => Directory.Exists(Path.Combine(CacheDirectory, "mounts")) && Directory.GetFiles(Path.Combine(CacheDirectory, "mounts"), "here", SearchOption.AllDirectories).Length > 0);
            string removed = Command.Run("pwsh", ["-NoProfile", "-c", $"Import-Module {RepositoryPaths.ModuleManifest}; Optimize-ContainerStorage -BuildCache; (Get-ContainerDiskUsage BuildCache).InUse"], Module.Store.Environment).Succeeded().Output;
            Assert.DoesNotContain("1000000", removed, StringComparison.Ordinal);
            Assert.DoesNotContain("cache mount /busy", removed, StringComparison.Ordinal);
            Assert.EndsWith("\n2", removed.TrimEnd(), StringComparison.Ordinal);
        }
        finally
        {
            foreach (string here in Directory.GetFiles(Path.Combine(CacheDirectory, "mounts"), "here", SearchOption.AllDirectories))
                File.WriteAllText(Path.Combine(Path.GetDirectoryName(here)!, "go"), "");
            shell.EndInvoke(running);
        }

        Assert.Empty(shell.Streams.Error);
        Assert.Equal("FROM executed, RUN cached, RUN cached", Steps());
    }

    [Fact]
    public void It_does_not_grow_for_ever()
    {
        Environment.SetEnvironmentVariable("CONTAINERTOOLS_BUILD_CACHE_LIMIT", "7000000");
        for (int i = 0; i < 4; i++)
        {
            LookAgain();
            Write($"FROM test/busybox:1\nRUN head -c 1500000 /dev/urandom > /file{i}\n");
            Build();
            Module.Run("Remove-Image test/built:1").Succeeded();
        }

        // Each takes 3 MB, and what an image needs as well does not count.
        var usage = Module.Run("Get-ContainerDiskUsage BuildCache").Succeeded().Single;
        Assert.InRange((long)usage.Size, 6_000_000, 10_000_000);
        LookAgain();
        File.SetLastWriteTimeUtc(Directory.GetFiles(Path.Combine(CacheDirectory, "steps"))[0], DateTime.UtcNow.AddDays(-70));
        Write("FROM test/busybox:1\nRUN echo > /small\n");
        Build();
        Assert.True((long)Module.Run("Get-ContainerDiskUsage BuildCache").Succeeded().Single.Size < 7_000_000);
        Environment.SetEnvironmentVariable("CONTAINERTOOLS_BUILD_CACHE_LIMIT", "much");
        LookAgain();
        Write("FROM test/busybox:1\nRUN echo > /other\n");
        Assert.Contains("BUILD_CACHE_LIMIT", Assert.Single(Module.Run("Build-Image $args[0] -Tag test/built:1", Context.Path).Succeeded().Warnings).Message, StringComparison.Ordinal);
    }

    private void LookAgain()
    {
        if (Directory.Exists(CacheDirectory))
            File.Delete(Path.Combine(CacheDirectory, "checked"));
    }
}
