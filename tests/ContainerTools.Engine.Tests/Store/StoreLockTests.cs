using ContainerTools.Engine.Store;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Store;

public sealed class StoreLockTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("ctstore");
    private readonly StorePaths _paths;

    public StoreLockTests() => _paths = new StorePaths(_directory["root"], _directory["run"]);

    [Fact]
    public void AnExclusiveLockKeepsOthersAwayAndSharedOnesGoTogether()
    {
        using (StoreLock.Acquire(_paths, "a", exclusive: true, CancellationToken.None))
        {
            Assert.Null(StoreLock.TryAcquire(_paths, "a", exclusive: true));
            Assert.Null(StoreLock.TryAcquire(_paths, "a", exclusive: false));
            using var other = StoreLock.TryAcquire(_paths, "b", exclusive: true);
            Assert.NotNull(other);
        }

        using var one = StoreLock.TryAcquire(_paths, "a", exclusive: false);
        using var two = StoreLock.TryAcquire(_paths, "a", exclusive: false);
        Assert.NotNull(one);
        Assert.NotNull(two);
        Assert.Null(StoreLock.TryAcquire(_paths, "a", exclusive: true));
    }

    [Fact]
    public void OtherProcessesAreKeptAwayToo()
    {
        using (StoreLock.Acquire(_paths, "images", exclusive: true, CancellationToken.None))
        {
            Assert.Equal(1, Command.Run("flock", "-n", Path.Combine(_paths.Locks, "images.lock"), "true").ExitCode);
        }

        Assert.Equal(0, Command.Run("flock", "-n", Path.Combine(_paths.Locks, "images.lock"), "true").ExitCode);
    }

    [Fact]
    public async Task WaitingEndsWhenTheLockIsFreeOrTheTokenSaysSo()
    {
        var held = StoreLock.Acquire(_paths, "a", exclusive: true, CancellationToken.None);
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Assert.ThrowsAny<OperationCanceledException>(() => StoreLock.Acquire(_paths, "a", exclusive: true, source.Token));
        var waiting = Task.Run(() => StoreLock.Acquire(_paths, "a", exclusive: true, CancellationToken.None));
        await Task.Delay(30);
        Assert.False(waiting.IsCompleted);
        held.Dispose();
        (await waiting).Dispose();
    }

    [Fact]
    public void NoTwoThreadsHoldIt()
    {
        int inside = 0;
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            using var held = StoreLock.Acquire(_paths, "a", exclusive: true, CancellationToken.None);
            Assert.Equal(1, Interlocked.Increment(ref inside));
            Interlocked.Decrement(ref inside);
        });
    }

    [Fact]
    public void ANameCannotLeaveTheDirectory()
    {
        using var one = StoreLock.Acquire(_paths, "../../a b/ü", exclusive: true, CancellationToken.None);
        using var two = StoreLock.Acquire(_paths, "a/b", exclusive: true, CancellationToken.None);
        using var three = StoreLock.Acquire(_paths, "a%2fb", exclusive: true, CancellationToken.None);
        Assert.Equal(3, Directory.GetFiles(_paths.Locks, "*.lock").Length);
    }

    public void Dispose() => _directory.Dispose();
}
