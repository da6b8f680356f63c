namespace ContainerTools.Core.Build.Language;

/// <summary><c>FROM [--platform=P] base [AS name]</c>.</summary>
public sealed record FromInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "FROM";

    /// <summary>The image, build context or earlier stage; <c>scratch</c> is nothing.</summary>
    public required string BaseName { get; init; }

    /// <summary>The name after <c>AS</c>, in lower case; or null.</summary>
    public string? StageName { get; init; }

    /// <summary>The value of <c>--platform</c>; or null.</summary>
    public string? Platform { get; init; }
}
