using System.Security.Cryptography;

namespace ContainerTools.Core.Content;

/// <summary>Hashes what is read through it. Leaves the inner stream open.</summary>
internal sealed class HashingStream(Stream inner, IncrementalHash hash) : ReadOnlyStream
{
    /// <summary>How many bytes have been read.</summary>
    internal long Count { get; private set; }

    public override long Position
    {
        get => Count;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        hash.AppendData(buffer[..count]);
        Count += count;
        return count;
    }
}
