using ContainerTools.Core.Build.Language;
using ContainerTools.Core.Build.Sources;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Files;

/// <summary>What a COPY or ADD is to do, everything looked up.</summary>
internal sealed record TransferRequest
{
    /// <summary>The instruction, expanded.</summary>
    internal required FileTransferInstruction Instruction { get; init; }

    /// <summary>Where the sources are.</summary>
    internal required FileSource Source { get; init; }

    /// <summary>Whether the sources are a build context's: then owners are not kept, special files are left out, and nobody but the build's user is to blame for links.</summary>
    internal required bool FromContext { get; init; }

    /// <summary>What of the context is left out.</summary>
    internal IgnoreFile? Ignore { get; init; }

    /// <summary>The files that are there already: those of the layers below.</summary>
    internal required FileSource Target { get; init; }

    /// <summary>The destination, an absolute path.</summary>
    internal required string Destination { get; init; }

    /// <summary>The owner; null where it is the source's, or nobody's in particular.</summary>
    internal (uint User, uint Group)? Owner { get; init; }

    /// <summary>The mode; null for the source's.</summary>
    internal ModeChange? Mode { get; init; }

    /// <summary>What was fetched for ADD, by the source's text.</summary>
    internal IReadOnlyDictionary<string, FetchedSource> Fetched { get; init; } = new Dictionary<string, FetchedSource>();

    /// <summary>The time of what is made new.</summary>
    internal required FileTime Now { get; init; }

    /// <summary>Told of what cannot be copied.</summary>
    internal required Action<string> Warn { get; init; }
}
