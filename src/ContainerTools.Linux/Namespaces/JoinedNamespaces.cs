using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Namespaces;

/// <summary>
/// Takes the calling thread into existing namespaces, so that a child cloned meanwhile begins in them, and back when disposed. (A child with a user
/// namespace of its own could not enter namespaces that belong to the host's.)
/// </summary>
public sealed class JoinedNamespaces : IDisposable
{
    private readonly List<(NamespaceKinds Kind, SafeFileHandle Own)> _own = [];

    /// <summary>Enters them.</summary>
    /// <param name="namespaces">Kinds and files. Not user or mount namespaces, which a thread of several cannot enter.</param>
    public JoinedNamespaces(IReadOnlyList<(NamespaceKinds Kind, string Path)> namespaces)
    {
        try
        {
            foreach (var (kind, path) in namespaces)
            {
                using var other = NamespaceFile.Open(path);
                var own = NamespaceFile.Open($"/proc/thread-self/ns/{NamespaceFile.Names.First(name => name.Kind == kind).Name}");
                _own.Add((kind, own));
                NamespaceFile.Enter(other, kind);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = _own.Count - 1; i >= 0; i--)
        {
            NamespaceFile.Enter(_own[i].Own, _own[i].Kind);
            _own[i].Own.Dispose();
        }
        _own.Clear();
    }
}
