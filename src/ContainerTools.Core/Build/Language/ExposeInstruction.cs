namespace ContainerTools.Core.Build.Language;

/// <summary><c>EXPOSE port[/protocol] ...</c>.</summary>
public sealed record ExposeInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "EXPOSE";

    /// <summary>As written; once expanded each is <c>port/protocol</c>, ranges one by one, the protocol in lower case and <c>tcp</c> when none is written.</summary>
    public required IReadOnlyList<string> Ports { get; init; }
}
