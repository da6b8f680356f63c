using System.Runtime.ExceptionServices;
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

    /// <summary>
    /// Does work in namespaces, such as to clone a child that begins in them. The root of an ordinary user's namespace may enter those of his containers but not the host's again: for him
    /// it is done on a thread that ends with it.
    /// </summary>
    /// <param name="namespaces">Kinds and files, as for the constructor; without any the work is simply done.</param>
    /// <param name="work">The work.</param>
    /// <exception cref="LinuxException">A namespace could not be entered.</exception>
    public static T Run<T>(IReadOnlyList<(NamespaceKinds Kind, string Path)> namespaces, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(namespaces);
        ArgumentNullException.ThrowIfNull(work);
        if (namespaces.Count == 0)
            return work();
        if (!UserNamespace.IsHostRoot)
            return RunForGood(namespaces, work);
        using var joined = new JoinedNamespaces(namespaces);
        return work();
    }

    private static T RunForGood<T>(IReadOnlyList<(NamespaceKinds Kind, string Path)> namespaces, Func<T> work)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                foreach (var (kind, path) in namespaces)
                {
                    using var other = NamespaceFile.Open(path);
                    NamespaceFile.Enter(other, kind);
                }
                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
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
