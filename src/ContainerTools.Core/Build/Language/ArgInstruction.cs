namespace ContainerTools.Core.Build.Language;

/// <summary><c>ARG name[=default] ...</c>.</summary>
public sealed record ArgInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "ARG";

    /// <summary>The arguments, in order; a null value means that there is no default.</summary>
    public required IReadOnlyList<Assignment> Arguments { get; init; }
}
