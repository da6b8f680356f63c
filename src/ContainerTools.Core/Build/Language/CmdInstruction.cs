namespace ContainerTools.Core.Build.Language;

/// <summary><c>CMD command</c>.</summary>
public sealed record CmdInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "CMD";

    /// <summary>The command.</summary>
    public required CommandLine Command { get; init; }
}
