namespace ContainerTools.Core.Build.Language;

/// <summary><c>WORKDIR path</c>.</summary>
public sealed record WorkdirInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "WORKDIR";

    /// <summary>The path, relative to the working directory in force unless absolute.</summary>
    public required string Path { get; init; }
}
