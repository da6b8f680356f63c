namespace ContainerTools.Core.Build.Language;

/// <summary><c>ADD [flags] source... destination</c>.</summary>
public sealed record AddInstruction : FileTransferInstruction
{
    /// <inheritdoc/>
    public override string Name => "ADD";

    /// <summary>The value of <c>--checksum</c>: <c>sha256:...</c> for a URL, a commit for a git reference; or null.</summary>
    public string? Checksum { get; init; }

    /// <summary><c>--keep-git-dir</c>: a clone keeps its <c>.git</c>; null when it was not given.</summary>
    public bool? KeepGitDirectory { get; init; }

    /// <summary><c>--unpack</c>: whether archives are unpacked; null when not given: local ones are, downloaded ones are not.</summary>
    public bool? Unpack { get; init; }
}
