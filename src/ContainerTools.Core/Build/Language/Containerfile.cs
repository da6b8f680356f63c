namespace ContainerTools.Core.Build.Language;

/// <summary>A parsed Containerfile (or Dockerfile): what it says, before any variable is expanded.</summary>
public sealed record Containerfile
{
    /// <summary>The name that errors and warnings are given for it, usually its path.</summary>
    public required string FileName { get; init; }

    /// <summary>The <c># syntax=</c>, <c># escape=</c> and <c># check=</c> lines at its top.</summary>
    public required ParserDirectives Directives { get; init; }

    /// <summary>The ARG instructions before the first FROM, in order.</summary>
    public required IReadOnlyList<ArgInstruction> GlobalArguments { get; init; }

    /// <summary>The stages in order; at least one.</summary>
    public required IReadOnlyList<Stage> Stages { get; init; }

    /// <summary>What the linter objects to in the text itself, in order of lines, without what <c># check=skip=</c> names.</summary>
    public required IReadOnlyList<LintWarning> Warnings { get; init; }

    /// <summary>Its lines, without line ends, to show with errors and warnings.</summary>
    public required IReadOnlyList<string> Lines { get; init; }

    /// <summary>Finds an earlier stage by the name or number that <c>FROM</c>, <c>COPY --from</c> or a mount's <c>from</c> gives.</summary>
    /// <param name="nameOrIndex">A stage's name (case does not matter) or its number from 0.</param>
    /// <param name="before">Only stages with a smaller index are looked at.</param>
    /// <param name="allowIndex">Whether a number may name a stage: true for <c>--from</c>, false for <c>FROM</c>.</param>
    /// <returns>The stage, the last of that name; or null, when the text names an image or a build context.</returns>
    public Stage? FindStage(string nameOrIndex, int before = int.MaxValue, bool allowIndex = true)
    {
        ArgumentNullException.ThrowIfNull(nameOrIndex);
        for (int i = Math.Min(before, Stages.Count) - 1; i >= 0; i--)
        {
            if (Stages[i].Name is { } name && name.Equals(nameOrIndex, StringComparison.OrdinalIgnoreCase))
                return Stages[i];
        }

        return allowIndex && int.TryParse(nameOrIndex, System.Globalization.NumberStyles.None, null, out int index) && index < Math.Min(before, Stages.Count)
            ? Stages[index]
            : null;
    }
}
