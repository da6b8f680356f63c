namespace ContainerTools.Core.Build.Language;

/// <summary>Keeps the warnings that the file does not turn off.</summary>
internal sealed class LintFilter(ParserDirectives directives)
{
    private static readonly string[] s_experimental = [LintRules.InvalidDefinitionDescription];

    private readonly List<LintWarning> _warnings = [];
    private readonly HashSet<LintWarning> _seen = [];

    /// <summary>In order of lines.</summary>
    internal IReadOnlyList<LintWarning> Warnings => _warnings.OrderBy(w => w.Range.StartLine).ThenBy(w => w.Range.StartColumn).ToArray();

    internal void Add(string rule, string message, Instruction instruction) => Add(rule, message, instruction, instruction.Range);

    internal void Add(string rule, string message, Instruction instruction, SourceRange range)
    {
        var own = instruction.Comments.Select(DirectiveReader.ReadCheckComment).FirstOrDefault(c => c is not null);
        if (IsOn(rule, own))
            Add(new LintWarning(rule, message, range));
    }

    internal void Add(string rule, string message, SourceRange range)
    {
        if (IsOn(rule, null))
            Add(new LintWarning(rule, message, range));
    }

    private void Add(LintWarning warning)
    {
        if (_seen.Add(warning))
            _warnings.Add(warning);
    }

    private bool IsOn(string rule, ParserDirectives? own) => s_experimental.Contains(rule)
        ? IsNamed(directives.ExperimentalRules, rule) || IsNamed(own?.ExperimentalRules, rule)
        : !(directives.SkipAllRules || own?.SkipAllRules == true || directives.SkippedRules.Contains(rule) || own?.SkippedRules.Contains(rule) == true);

    private static bool IsNamed(IReadOnlyList<string>? rules, string rule) => rules is not null && (rules.Contains(rule) || rules.Contains("all"));
}
