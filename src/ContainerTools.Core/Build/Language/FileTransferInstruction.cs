namespace ContainerTools.Core.Build.Language;

/// <summary>What COPY and ADD have in common.</summary>
public abstract record FileTransferInstruction : Instruction
{
    /// <summary>The paths, wildcards, and for ADD also URLs and git references, in order; heredocs are in <see cref="Heredocs"/>.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>The files that stand in the Containerfile itself.</summary>
    public IReadOnlyList<Heredoc> Heredocs { get; init; } = [];

    /// <summary>The destination, a directory when it ends with <c>/</c>.</summary>
    public required string Destination { get; init; }

    /// <summary>The value of <c>--chown</c>, <c>user[:group]</c>; or null.</summary>
    public string? Owner { get; init; }

    /// <summary>The value of <c>--chmod</c>, octal or symbolic (<c>u=rwX,go=rX</c>); or null.</summary>
    public string? Mode { get; init; }

    /// <summary><c>--link</c>: the files make a layer that does not depend on what is below.</summary>
    public bool Link { get; init; }

    /// <summary>The patterns of <c>--exclude</c>, in the form of a .dockerignore line.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];
}
