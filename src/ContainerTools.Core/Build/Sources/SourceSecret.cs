namespace ContainerTools.Core.Build.Sources;

/// <summary>A credential for a server.</summary>
/// <param name="Value">A token, or all that follows <c>Authorization:</c>.</param>
/// <param name="IsToken">Which of them.</param>
internal sealed record SourceSecret(string Value, bool IsToken);
