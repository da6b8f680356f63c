namespace ContainerTools.Core.Build.Language;

/// <summary><c>COPY [flags] source... destination</c>.</summary>
public sealed record CopyInstruction : FileTransferInstruction
{
    /// <inheritdoc/>
    public override string Name => "COPY";

    /// <summary>The value of <c>--from</c>: a stage, its number, a build context or an image; null for the context. It holds no variables.</summary>
    public string? From { get; init; }

    /// <summary><c>--parents</c>: the sources' parent directories are kept, from a <c>/./</c> in the path on.</summary>
    public bool Parents { get; init; }
}
