using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Language;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <summary>What a stage has come to.</summary>
/// <param name="Config">The configuration with its layers and history.</param>
/// <param name="Blobs">The layers' blobs, the base first.</param>
/// <param name="Scope">The variables at its end; null for an image that is no stage of this file.</param>
/// <param name="Records">What the cache has of its steps, and of those of the stages it began from.</param>
internal sealed record StageResult(ImageConfig Config, IReadOnlyList<Descriptor> Blobs, StageScope? Scope, IReadOnlyList<BuildCacheRecord> Records)
{
    /// <summary>The layers, the base first.</summary>
    internal IReadOnlyList<Digest> DiffIds => Config.RootFs.DiffIds;
}
