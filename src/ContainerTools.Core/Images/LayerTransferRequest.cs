using ContainerTools.Core.Content;
using ContainerTools.Engine.Layers;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>What a <see cref="LayerTransfer"/> takes from where to where.</summary>
internal sealed record LayerTransferRequest
{
    /// <summary>The image's name, for messages.</summary>
    internal required string ImageName { get; init; }

    /// <summary>The layer as the manifest names it.</summary>
    internal required Descriptor Descriptor { get; init; }

    /// <summary>The digest of the layer's plain tar.</summary>
    internal required Digest DiffId { get; init; }

    /// <summary>Opens the compressed data.</summary>
    internal required Func<CancellationToken, Stream> OpenSource { get; init; }

    /// <summary>Makes the writer that keeps the compressed data; null when the store has it.</summary>
    internal Func<BlobWriter>? Keep { get; init; }

    /// <summary>Unpacks the plain tar; null when the layer is unpacked already.</summary>
    internal Func<Stream, CancellationToken, StagedLayer>? Unpack { get; init; }

    /// <summary>Called when the blob is verified, before it becomes visible.</summary>
    internal Action BeforeCommit { get; init; } = static () => { };

    /// <summary>Told how many bytes of compressed data have been read.</summary>
    internal Action<long> Report { get; init; } = static _ => { };
}
