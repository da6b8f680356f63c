namespace ContainerTools.Core.Build.Language;

/// <summary><c>ENV name=value ...</c>, or <c>ENV name value</c>.</summary>
public sealed record EnvInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "ENV";

    /// <summary>The variables, in order.</summary>
    public required IReadOnlyList<Assignment> Variables { get; init; }

    /// <summary>True for the form without an equals sign, <c>ENV name value</c>.</summary>
    public bool IsLegacyForm { get; init; }
}
