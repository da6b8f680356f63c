using ContainerTools.Core.Registry;

namespace ContainerTools.Core.Images;

/// <summary>How an <see cref="ImageStore"/> works.</summary>
public sealed record ImageStoreOptions
{
    /// <summary>How many layers of one image are fetched at once.</summary>
    public int MaxParallelLayers { get; init; } = 3;

    /// <summary>How patient to be with registries.</summary>
    public RegistryOptions Registry { get; init; } = new();
}
