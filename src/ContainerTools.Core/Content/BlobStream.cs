namespace ContainerTools.Core.Content;

/// <summary>A blob in the making as a stream to write to.</summary>
internal sealed class BlobStream(BlobWriter blob) : WriteOnlyStream
{
    public override void Write(ReadOnlySpan<byte> buffer) => blob.Write(buffer);
}
