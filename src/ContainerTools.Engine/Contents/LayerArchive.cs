using ContainerTools.Engine.Layers;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>Writes the changes of a writable layer as an image layer (image-spec, layer.md): deletions as whiteouts, directories made anew with the opaque marker.</summary>
/// <param name="layer">The writable layer's directory, open for reading.</param>
/// <param name="entries">Writes the entries.</param>
/// <param name="cancellationToken">Ends the work with an exception.</param>
internal sealed class LayerArchive(EntryDirectory layer, EntryArchive entries, CancellationToken cancellationToken) : IDisposable
{
    private byte[] _parent = [];
    private EntryDirectory? _directory;

    /// <summary>Writes changes in the order in which they come.</summary>
    /// <exception cref="ContainerToolsException">LayerNameReserved: a file has a name that layers keep for whiteouts.</exception>
    public void Write(IEnumerable<LayerChange> changes)
    {
        foreach (var change in changes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Write(change);
        }
    }

    public void Dispose() => Leave();

    private void Write(LayerChange change)
    {
        if (change.Path.Length == 0)
        {
            entries.WriteRoot(layer);
            return;
        }
        int slash = change.Path.AsSpan().LastIndexOf((byte)'/');
        byte[] parent = slash < 0 ? [] : change.Path[..slash];
        byte[] name = PathBytes.Terminated(change.Path.AsSpan(slash + 1));
        switch (change.Kind)
        {
            case LayerChangeKind.Hidden:
                return; // The marker of the directory above says so.
            case LayerChangeKind.Modified when change.Status.Type == FileType.Socket: // No archive can hold it; what it took the place of is gone.
            case LayerChangeKind.Deleted:
                entries.WriteMarker([.. change.Path.AsSpan(0, slash + 1), .. LayerPath.WhiteoutPrefix, .. name.AsSpan(0, name.Length - 1)]);
                return;
        }
        if (name.AsSpan().StartsWith(LayerPath.WhiteoutPrefix))
        {
            throw new ContainerToolsException("LayerNameReserved", ErrorKind.NotSupported,
                $"'/{PathBytes.Display(change.Path)}' cannot be in an image: in layers, names that begin with '.wh.' say that something was deleted. Remove or rename it.", PathBytes.Display(change.Path));
        }
        if (!Enter(parent))
            return; // Gone meanwhile: the container may run.
        entries.Write(_directory ?? layer, name, change.Path, change.Status);
        if (change.HidesBelow)
            entries.WriteMarker([.. change.Path, (byte)'/', .. LayerPath.OpaqueMarker]);
    }

    private bool Enter(byte[] parent)
    {
        if (parent.AsSpan().SequenceEqual(_parent))
            return true;
        Leave();
        if (parent.Length == 0)
            return true;
        int error = layer.TryOpen(PathBytes.Terminated(parent), out _directory);
        if (error is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP)
            return false;
        LinuxException.ThrowIfFailed(error, "openat2", PathBytes.Display(parent));
        _parent = parent;
        return true;
    }

    private void Leave()
    {
        _directory?.Dispose();
        _directory = null;
        _parent = [];
    }
}
