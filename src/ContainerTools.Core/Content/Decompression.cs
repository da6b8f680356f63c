using System.IO.Compression;
using ContainerTools.Oci;

namespace ContainerTools.Core.Content;

/// <summary>Opens compressed streams.</summary>
internal static class Decompression
{
    private const int DecoderBuffer = 256 << 10;

    /// <summary>
    /// The compression that data really has, by its first bytes. Registries hold layers whose media type says something else, and other tools read
    /// them; the digests decide in the end.
    /// </summary>
    internal static LayerCompression? Detect(ReadOnlySpan<byte> start) =>
        start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? LayerCompression.Gzip
        : start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? LayerCompression.Zstd
        : null;

    /// <summary>
    /// Wraps a stream. GZipStream ends quietly where its input is cut: the caller compares the digest of the input, or of the output.
    /// </summary>
    internal static Stream Open(Stream source, LayerCompression compression) => compression switch
    {
        LayerCompression.Gzip => new GZipStream(source, CompressionMode.Decompress),
        LayerCompression.Zstd => OpenZstd(source),
        _ => source,
    };

    // Apart, so that the library is loaded only where it is needed.
    private static ZstdSharp.DecompressionStream OpenZstd(Stream source)
    {
        var stream = new ZstdSharp.DecompressionStream(source, DecoderBuffer, checkEndOfStream: true, leaveOpen: false);

        // 128 MiB, what the zstd tool accepts by default: a frame can claim to need gigabytes.
        stream.SetParameter(ZstdSharp.Unsafe.ZSTD_dParameter.ZSTD_d_windowLogMax, 27);
        return stream;
    }
}
