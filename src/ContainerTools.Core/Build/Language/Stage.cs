namespace ContainerTools.Core.Build.Language;

/// <summary>One build stage: a FROM and the instructions up to the next one.</summary>
public sealed record Stage
{
    /// <summary>Its number, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The FROM instruction itself.</summary>
    public required FromInstruction From { get; init; }

    /// <summary>The name after <c>AS</c>, in lower case; or null.</summary>
    public string? Name => From.StageName;

    /// <summary>The image, build context or earlier stage it starts from, unexpanded; <c>scratch</c> is nothing.</summary>
    public string BaseName => From.BaseName;

    /// <summary>The value of <c>--platform</c>, unexpanded; or null.</summary>
    public string? Platform => From.Platform;

    /// <summary>The instructions after FROM, in order.</summary>
    public required IReadOnlyList<Instruction> Instructions { get; init; }
}
