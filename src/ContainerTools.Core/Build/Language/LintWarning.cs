namespace ContainerTools.Core.Build.Language;

/// <summary>What the linter objects to.</summary>
/// <param name="Rule">The rule's name, such as <c>StageNameCasing</c>.</param>
/// <param name="Message">What is wrong there.</param>
/// <param name="Range">Where.</param>
public sealed record LintWarning(string Rule, string Message, SourceRange Range);
