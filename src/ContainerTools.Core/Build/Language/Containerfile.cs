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

    /// <summary>Makes an error that points into the file.</summary>
    /// <param name="errorId">PascalCase and specific.</param>
    /// <param name="problem">What is wrong and what to do, without the place.</param>
    /// <param name="range">Where.</param>
    /// <param name="inner">What caused it.</param>
    public ContainerfileException Error(string errorId, string problem, SourceRange range, Exception? inner = null) =>
        new(errorId, problem, FileName, range, range.StartLine <= Lines.Count && range.StartLine > 0 ? Lines[range.StartLine - 1] : "", inner);

    /// <summary>The error that warnings are when the file says <c># check=error=true</c>.</summary>
    /// <param name="warnings">The warnings of this file, or of its build.</param>
    /// <returns>The error, at the first warning's place; null when they are none, or there are none.</returns>
    public ContainerfileException? ErrorOf(IReadOnlyCollection<LintWarning> warnings)
    {
        ArgumentNullException.ThrowIfNull(warnings);
        if (!Directives.ErrorOnWarning || warnings.Count == 0)
            return null;
        var first = warnings.MinBy(w => (w.Range.StartLine, w.Range.StartColumn))!;
        string more = warnings.Count == 1 ? "" : $", and {warnings.Count - 1} more ({string.Join(", ", warnings.Select(w => w.Rule).Distinct())})";
        return Error("ContainerfileWarning", $"{first.Message} ({first.Rule}){more}; the file makes warnings errors (check=error=true)", first.Range);
    }
}
