namespace ContainerTools.Core.Build.Language;

/// <summary><c>SHELL ["program", "argument", ...]</c>: what shell forms are run with from here on.</summary>
public sealed record ShellInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "SHELL";

    /// <summary>The shell and its arguments.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }
}
