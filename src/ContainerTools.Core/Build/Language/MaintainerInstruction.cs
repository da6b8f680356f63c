namespace ContainerTools.Core.Build.Language;

/// <summary><c>MAINTAINER name</c>, deprecated: the image's author.</summary>
public sealed record MaintainerInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "MAINTAINER";

    /// <summary>The author.</summary>
    public required string Author { get; init; }
}
