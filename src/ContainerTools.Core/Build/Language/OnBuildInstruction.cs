namespace ContainerTools.Core.Build.Language;

/// <summary><c>ONBUILD instruction</c>: runs when the image is the base of another build.</summary>
public sealed record OnBuildInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "ONBUILD";

    /// <summary>The instruction's text on one line, as the image's config keeps it.</summary>
    public required string Trigger { get; init; }

    /// <summary>The instruction, parsed.</summary>
    public required Instruction Instruction { get; init; }
}
