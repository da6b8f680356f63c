namespace ContainerTools.Core.Build.Language;

/// <summary><c>STOPSIGNAL signal</c>.</summary>
public sealed record StopSignalInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "STOPSIGNAL";

    /// <summary>A name such as <c>SIGTERM</c>, or a number.</summary>
    public required string Signal { get; init; }
}
