using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Registry;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <summary>What to build, and how.</summary>
public sealed record BuildOptions
{
    /// <summary>The build context's directory.</summary>
    public required string ContextPath { get; init; }

    /// <summary>The Containerfile; null for <c>Containerfile</c> or <c>Dockerfile</c> in the context.</summary>
    public string? FilePath { get; init; }

    /// <summary>The image's names.</summary>
    public IReadOnlyList<ImageReference> Names { get; init; } = [];

    /// <summary>Values for ARG.</summary>
    public IReadOnlyDictionary<string, string> BuildArguments { get; init; } = new Dictionary<string, string>();

    /// <summary>The stage to build, by name or number; null for the last.</summary>
    public string? Target { get; init; }

    /// <summary>Execute every step, whatever the cache has.</summary>
    public bool NoCache { get; init; }

    /// <summary>Where the results of steps may be that are not here.</summary>
    public IReadOnlyList<CacheLocation> CacheFrom { get; init; } = [];

    /// <summary>Where the results of this build's steps go, beside the store's own cache.</summary>
    public IReadOnlyList<CacheLocation> CacheTo { get; init; } = [];

    /// <summary>Which servers are taken for the registries of base images and caches.</summary>
    public RegistryTrust Trust { get; init; } = new();

    /// <summary>Ask the registries for the base images, also for those that are here.</summary>
    public bool Pull { get; init; }

    /// <summary>Labels for the image.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Further contexts by name: directories, or images as <c>docker-image://NAME</c>. FROM, COPY --from and RUN --mount find them before stages and images.</summary>
    public IReadOnlyDictionary<string, string> BuildContexts { get; init; } = new Dictionary<string, string>();

    /// <summary>The network of RUN; null for the one that containers have by default.</summary>
    public string? Network { get; init; }

    /// <summary>Secrets by their ids, for <c>RUN --mount=type=secret</c>.</summary>
    public IReadOnlyDictionary<string, byte[]> Secrets { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>What to build for; null for this machine.</summary>
    public Platform? Platform { get; init; }

    /// <summary>Whether <c>RUN --security=insecure</c> is allowed.</summary>
    public bool AllowInsecure { get; init; }

    /// <summary>The time that the image says it was made at, and the latest its new files say; null: now, and as they are.</summary>
    public DateTimeOffset? SourceDate { get; init; }

    /// <summary>Told of what is wrong with an option, but does no harm.</summary>
    public Action<string>? Warning { get; init; }
}
