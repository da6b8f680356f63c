using ContainerTools.Core.Content;
using XZStream = SharpCompress.Compressors.Xz.XZStream;

namespace ContainerTools.Core.Archives;

/// <summary>Decompresses xz. Whatever the library throws at data that is wrong becomes an <see cref="InvalidDataException"/>.</summary>
internal sealed class XzStream(Stream source) : ReadOnlyStream
{
    private readonly XZStream xz = new(source);

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return xz.Read(buffer);
        }
        catch (Exception e) when (e is not IOException or EndOfStreamException)
        {
            throw new InvalidDataException($"the xz data is damaged: {e.Message}", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            xz.Dispose();
        }

        base.Dispose(disposing);
    }
}
