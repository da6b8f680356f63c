namespace ContainerTools.Core.Build.Language;

/// <summary><c>USER user[:group]</c>.</summary>
public sealed record UserInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "USER";

    /// <summary>The user, and after a colon the group, by name or number.</summary>
    public required string User { get; init; }
}
