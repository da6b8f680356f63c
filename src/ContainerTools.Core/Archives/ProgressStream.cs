using ContainerTools.Core.Content;

namespace ContainerTools.Core.Archives;

/// <summary>A stream of known length that tells how far it has been read.</summary>
internal sealed class ProgressStream(Stream inner, long length, Action<long> report) : ReadOnlyStream
{
    private long position;

    // A tar's header comes before its data, so its writer asks for the length, which only a stream that seeks has.
    public override bool CanSeek => true;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        position += count;
        report(position);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
