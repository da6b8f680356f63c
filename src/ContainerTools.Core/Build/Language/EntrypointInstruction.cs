namespace ContainerTools.Core.Build.Language;

/// <summary><c>ENTRYPOINT command</c>.</summary>
public sealed record EntrypointInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "ENTRYPOINT";

    /// <summary>The command.</summary>
    public required CommandLine Command { get; init; }
}
