using ContainerTools.Core.Build.Language;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <summary>What a stage will come to, as far as it is known without executing it.</summary>
/// <param name="Identity">What its files depend on: the base's layers, the instructions, and the files of the context. The same inputs may come to other files, as with any step that a cache has.</param>
/// <param name="Config">The configuration, but for layers and history.</param>
/// <param name="Scope">The variables at its end.</param>
internal sealed record StagePlan(string Identity, ImageConfig Config, StageScope Scope);
