using ContainerTools.Oci;

namespace ContainerTools.Core.Build.Language;

/// <summary>What a build is given that the Containerfile can ask for.</summary>
public sealed record BuildScopeOptions
{
    /// <summary>The build arguments by name.</summary>
    public IReadOnlyDictionary<string, string> BuildArguments { get; init; } = new Dictionary<string, string>();

    /// <summary>The platform that builds.</summary>
    public Platform BuildPlatform { get; init; } = Platform.Current;

    /// <summary>The platform to build for.</summary>
    public Platform TargetPlatform { get; init; } = Platform.Current;

    /// <summary>The name of the stage to build, for <c>TARGETSTAGE</c>; null for the last.</summary>
    public string? TargetStage { get; init; }

    /// <summary>The context's .dockerignore, to warn about sources that it leaves out; or null.</summary>
    public IgnoreFile? Ignore { get; init; }
}
