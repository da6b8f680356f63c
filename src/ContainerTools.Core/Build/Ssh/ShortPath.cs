namespace ContainerTools.Core.Build.Ssh;

/// <summary>Paths for sockets, which may have 107 bytes only (unix(7)).</summary>
internal static class ShortPath
{
    private const int MaximumLength = 107;

    /// <summary>A free path for a socket in a directory that only its owner may enter: the build's own, or one that the build takes away where that has too long a path.</summary>
    internal static string For(BuildWorkspace workspace, string name)
    {
        string path = Path.Combine(workspace.MakeDirectory(), name);
        return path.Length <= MaximumLength ? path : Path.Combine(workspace.Hold(new OwnDirectory()).Path, name);
    }

    private sealed class OwnDirectory : IDisposable
    {
        internal string Path { get; } = Directory.CreateTempSubdirectory("ct-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
