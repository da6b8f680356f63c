namespace ContainerTools.Core.Build.Sources;

/// <summary>What was fetched for a source of ADD.</summary>
/// <param name="Path">The file or directory on this machine.</param>
/// <param name="Name">The name that a file gets.</param>
/// <param name="IsTree">Whether it is a directory, whose content is what was asked for.</param>
internal sealed record FetchedSource(string Path, string Name, bool IsTree);
