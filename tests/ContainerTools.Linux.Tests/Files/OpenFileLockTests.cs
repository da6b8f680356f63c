using ContainerTools.Linux.Files;
using ContainerTools.TestSupport;

namespace ContainerTools.Linux.Tests.Files;

public sealed class OpenFileLockTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("ctfile");

    [Fact]
    public void ALockCanBeSeenWithoutBeingTaken()
    {
        string path = _directory["lock"];
        Assert.False(OpenFileLock.IsHeld(path));
        using (var holder = FileCalls.Open(path, OpenFlags.ReadWrite | OpenFlags.Create))
        {
            Assert.False(OpenFileLock.IsHeld(path));
            Assert.True(OpenFileLock.TryAcquire(holder));
            Assert.True(OpenFileLock.IsHeld(path));
            Assert.True(OpenFileLock.IsHeld(path));

            // Not to its holder, whose own it is.
            Assert.False(OpenFileLock.IsHeld(holder));
            using var other = FileCalls.Open(path, OpenFlags.ReadWrite);
            Assert.False(OpenFileLock.TryAcquire(other));
            OpenFileLock.Release(holder);
            Assert.True(OpenFileLock.TryAcquire(other));
        }

        Assert.False(OpenFileLock.IsHeld(path));
    }

    [Fact]
    public void SharedLocksGoTogether()
    {
        using var one = FileCalls.Open(_directory["lock"], OpenFlags.ReadWrite | OpenFlags.Create);
        using var two = FileCalls.Open(_directory["lock"], OpenFlags.ReadWrite);
        Assert.True(OpenFileLock.TryAcquire(one, exclusive: false));
        Assert.True(OpenFileLock.TryAcquire(two, exclusive: false));
        Assert.False(OpenFileLock.TryAcquire(two, exclusive: true));
    }

    public void Dispose() => _directory.Dispose();
}
