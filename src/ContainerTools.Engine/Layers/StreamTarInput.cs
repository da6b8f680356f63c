namespace ContainerTools.Engine.Layers;

/// <summary>An archive in a stream, read through one buffer.</summary>
internal sealed class StreamTarInput(Stream stream) : TarInput
{
    private readonly byte[] _buffer = new byte[128 * 1024];

    protected override ReadOnlyMemory<byte> Fetch() => _buffer.AsMemory(0, stream.Read(_buffer));
}
