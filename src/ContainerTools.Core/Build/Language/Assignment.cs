namespace ContainerTools.Core.Build.Language;

/// <summary>A name and its value, as ENV, LABEL and ARG have them.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">The value, with its quotes until it is expanded; null only for an ARG without a default.</param>
/// <param name="Range">Where it stands.</param>
public sealed record Assignment(string Name, string? Value, SourceRange Range);
