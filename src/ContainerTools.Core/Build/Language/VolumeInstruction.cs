namespace ContainerTools.Core.Build.Language;

/// <summary><c>VOLUME path ...</c>.</summary>
public sealed record VolumeInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "VOLUME";

    /// <summary>The mount points.</summary>
    public required IReadOnlyList<string> Paths { get; init; }
}
