using ContainerTools.Engine.Layers;
using ContainerTools.Oci;

namespace ContainerTools.Engine.Containers;

/// <summary>What a container needs to know of its image.</summary>
public sealed class ContainerImage
{
    /// <summary>The image as the caller named it, such as <c>debian:12</c>.</summary>
    public required string Reference { get; init; }

    /// <summary>The image's id: its config's digest (<c>sha256:...</c>).</summary>
    public required string Id { get; init; }

    /// <summary>The image's config.</summary>
    public required ImageConfig Config { get; init; }

    /// <summary>The layers, bottom first.</summary>
    public required IReadOnlyList<Layer> Layers { get; init; }
}
