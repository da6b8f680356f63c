using ContainerTools.Engine.Store;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Store;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("ctstore");

    [Fact]
    public void AFileIsReplacedWhole()
    {
        AtomicFile.Write(_directory["f"], "one"u8);
        AtomicFile.Write(_directory["f"], "two"u8, durable: false);
        Assert.Equal("two", File.ReadAllText(_directory["f"]));
        AtomicFile.Write(_directory["f"], stream => stream.Write("three"u8));
        Assert.Equal("three", File.ReadAllText(_directory["f"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["f"]));
        Assert.Single(Directory.GetFiles(_directory));
    }

    [Fact]
    public void AFailureLeavesTheOldContentAndNothingElse()
    {
        AtomicFile.Write(_directory["f"], "old"u8);
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(_directory["f"], stream =>
        {
            stream.Write("new"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(_directory["f"]));
        Assert.Single(Directory.GetFiles(_directory));
    }

    [Fact]
    public void AFullDiskIsToldAndTheOldContentStays()
    {
        Command.Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", _directory.Path).Succeeded();
        AtomicFile.Write(_directory["f"], "old"u8);
        var error = Assert.Throws<ContainerToolsException>(() => AtomicFile.Write(_directory["f"], new byte[100_000]));
        Assert.Equal(("StorageFull", ErrorKind.StorageFull), (error.ErrorId, error.Kind));
        Assert.Equal("old", File.ReadAllText(_directory["f"]));
        Assert.Single(Directory.GetFiles(_directory));
    }

    [Fact]
    public async Task AReaderSeesOldOrNewNeverHalf()
    {
        string path = _directory["f"];
        AtomicFile.Write(path, new byte[10_000]);
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                AtomicFile.Write(path, Enumerable.Repeat((byte)i, 10_000).ToArray(), durable: false);
            }
        });
        for (int i = 0; i < 300; i++)
        {
            byte[] content = File.ReadAllBytes(path);
            Assert.Equal(10_000, content.Length);
            Assert.False(content.AsSpan().ContainsAnyExcept(content[0]));
        }

        await stop.CancelAsync();
        await writer;
    }

    public void Dispose() => _directory.Dispose();
}
