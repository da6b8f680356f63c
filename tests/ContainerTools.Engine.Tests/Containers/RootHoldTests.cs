using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Contents;
using ContainerTools.Linux.Files;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

/// <summary>A monitor keeps its container's root file system for a moment after the end. Nobody may notice.</summary>
public sealed class RootHoldTests : IDisposable
{
    private readonly ContainerFixture _fixture = new();

    public void Dispose()
    {
        try
        {
            Mounts.UnmountBeneath(_fixture.Paths.Containers);
        }
        finally
        {
            _fixture.Dispose();
        }
    }

    [Fact]
    public async Task TheEndIsToldBeforeTheDiskHasEverythingAndTheNextStartWaitsForIt()
    {
        int before = Warnings();
        var container = _fixture.Create("sh", "-c", "dd if=/dev/zero of=/large bs=1M count=64 2>/dev/null; echo x >> /lines");
        for (int round = 0; round < 4; round++)
        {
            container = await EndAsync(await _fixture.Manager.StartAsync(container, CancellationToken.None));
            using var file = FileCalls.Open(Path.Combine(container.Directory, "monitor.lock"), OpenFlags.ReadOnly);
            Assert.True(OpenFileLock.IsHeld(file, MonitorArguments.RootLockOffset));
        }
        // This mounts it too.
        string copy = Path.Combine(_fixture.Scratch, "copy");
        await _fixture.Manager.CopyAsync(new ContainerPath(container, "/lines"), new ContainerPath(null, copy), _ => { }, CancellationToken.None);
        Assert.Equal(4, File.ReadAllLines(copy).Length);
        await _fixture.RemoveAsync(container);
        // What the kernel says of two overlays on one writable layer.
        Assert.Equal(before, Warnings());

        static int Warnings() => Command.Run("dmesg").Succeeded().Lines.Count(line => line.Contains("overlayfs: upperdir is in-use", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("true")]
    // The monitor has begun anew as another image by then, and has the root from the one before.
    [InlineData("sleep", "1.5")]
    [InlineData("/no/such/command")]
    public async Task ItGoesSoonAfterTheEnd(params string[] command)
    {
        Mount();
        var container = _fixture.Create(command);
        try
        {
            await EndAsync(await _fixture.Manager.StartAsync(container, CancellationToken.None));
        }
        catch (ContainerToolsException e) when (e.ErrorId == "CommandNotFound")
        {
        }
        UnmountSoon();
    }

    [Fact]
    public async Task ItGoesWithAMonitorThatIsKilled()
    {
        Mount();
        var container = await _fixture.StartAsync("sleep", "60");
        Assert.False(Command.Run("umount", _fixture.Paths.Containers).ExitCode == 0, "the file system is not busy while the container runs");
        ProcessTable.Kill([ProcessTable.Parent(container.Pid!.Value)]);
        UnmountSoon();
    }

    private Task<Container> EndAsync(Container container) => _fixture.Manager.WaitAsync(container, CancellationToken.None);

    private void Mount() => Command.Run("mount", "-t", "tmpfs", "tests", _fixture.Paths.Containers).Succeeded();

    // Something mounted there, if only in another namespace or held by a descriptor, keeps it busy.
    private void UnmountSoon()
    {
        for (long deadline = Environment.TickCount64 + 5_000; Command.Run("umount", _fixture.Paths.Containers).ExitCode != 0; Thread.Sleep(20))
            Assert.True(Environment.TickCount64 < deadline, "the root file system is still held");
    }
}
