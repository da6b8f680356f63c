namespace ContainerTools.Core.Build.Language;

/// <summary><c>LABEL name=value ...</c>.</summary>
public sealed record LabelInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "LABEL";

    /// <summary>The labels, in order.</summary>
    public required IReadOnlyList<Assignment> Labels { get; init; }

    /// <summary>True for the form without an equals sign, <c>LABEL name value</c>.</summary>
    public bool IsLegacyForm { get; init; }
}
