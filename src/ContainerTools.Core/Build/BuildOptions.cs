using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Output;
using ContainerTools.Core.Build.Ssh;
using ContainerTools.Core.Registry;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <summary>What to build, and how.</summary>
public sealed record BuildOptions
{
    /// <summary>The build context: a directory, a tar archive, a URL of an archive or a Containerfile, or a git repository as <c>URL.git#ref:directory</c>.</summary>
    public required string ContextPath { get; init; }

    /// <summary>The build context as a stream, an archive or a Containerfile, instead of <see cref="ContextPath"/>.</summary>
    public Stream? Context { get; init; }

    /// <summary>The Containerfile; null for <c>Containerfile</c> or <c>Dockerfile</c> in the context. Of a context that is not a directory here it is a path in the context.</summary>
    public string? FilePath { get; init; }

    /// <summary>The Containerfile as a stream, instead of <see cref="FilePath"/>.</summary>
    public Stream? File { get; init; }

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

    /// <summary>Further contexts by name: all that <see cref="ContextPath"/> may be, or images as <c>docker-image://NAME</c> or <c>oci-layout://DIRECTORY[:TAG][@DIGEST]</c>. FROM, COPY --from and RUN --mount find them before stages and images.</summary>
    public IReadOnlyDictionary<string, string> BuildContexts { get; init; } = new Dictionary<string, string>();

    /// <summary>The network of RUN; null for the one that containers have by default.</summary>
    public string? Network { get; init; }

    /// <summary>Secrets by their ids, for <c>RUN --mount=type=secret</c>.</summary>
    public IReadOnlyDictionary<string, byte[]> Secrets { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>SSH agents by their ids, for <c>RUN --mount=type=ssh</c> and git.</summary>
    public IReadOnlyDictionary<string, SshAgentSource> SshAgents { get; init; } = new Dictionary<string, SshAgentSource>();

    /// <summary>What is written beside the store. Where there is something and the image has no name, it is not kept in the store.</summary>
    public IReadOnlyList<BuildOutput> Outputs { get; init; } = [];

    /// <summary>What to build for; null for this machine.</summary>
    public Platform? Platform { get; init; }

    /// <summary>Whether <c>RUN --security=insecure</c> is allowed.</summary>
    public bool AllowInsecure { get; init; }

    /// <summary>The time that the image says it was made at, and the latest its new files say; null: now, and as they are.</summary>
    public DateTimeOffset? SourceDate { get; init; }

    /// <summary>Told of what is wrong with an option, but does no harm.</summary>
    public Action<string>? Warning { get; init; }
}
