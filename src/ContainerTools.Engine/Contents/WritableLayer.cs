using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Layers;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>
/// The writable layer of a container that has ended, compared with its image. It can be written as a tar; and where nobody needs the container's files afterwards, they can become a
/// layer of the store as they are, which spares making each of them once more.
/// </summary>
public sealed class WritableLayer
{
    private readonly string _path;
    private readonly LayerComparison _comparison;

    private readonly IdMapping? _ids;

    internal WritableLayer(string path, IReadOnlyList<LayerChange> changes, LayerComparison comparison, IdMapping? ids)
    {
        _ids = ids;
        _path = path;
        Changes = changes;
        _comparison = comparison;
    }

    /// <summary>Whether <see cref="LayerStore.Take"/> gives the same layer as unpacking the tar: nothing is in it that a tar says in another way.</summary>
    public bool CanBeTaken => !_comparison.HasSocketInPlace && _ids is null;

    /// <summary>What it changes, a directory before what is in it.</summary>
    internal IReadOnlyList<LayerChange> Changes { get; }

    /// <summary>The paths, without leading slash, of what was made only to be mounted on.</summary>
    internal IReadOnlyList<byte[]> MountedOn => _comparison.MountedOn;

    // Of the tar, once it is written.
    private long EntryCount { get; set; }

    private long Size { get; set; }

    /// <summary>Writes the changes as an image layer's tar.</summary>
    /// <returns>How many entries it has; 0 when nothing was changed.</returns>
    /// <exception cref="ContainerToolsException">LayerNameReserved.</exception>
    /// <exception cref="LinuxException">A file could not be read.</exception>
    internal long Write(Stream output, LayerOutput options, CancellationToken cancellationToken)
    {
        using var writer = new TarWriter(output);
        var entries = new EntryArchive(writer, options.LatestTime, options.Progress, cancellationToken) { Ids = _ids };
        using var root = LocalDirectory.Open(_path);
        using (var archive = new LayerArchive(root, entries, cancellationToken))
            archive.Write(Changes);
        writer.Finish();
        (EntryCount, Size) = (entries.Count, entries.Size);
        return entries.Count;
    }

    /// <summary>Moves the files into a layer's directory, without what a layer must not have.</summary>
    /// <exception cref="LinuxException">A call failed.</exception>
    internal IStagedContents MoveTo(int staging)
    {
        using var directory = LocalDirectory.Open(_path);
        int root = directory.Descriptor;
        RemoveLeftOut(root);
        foreach (var change in Changes)
            Clean(root, change);
        CleanAttributes(root, EntryDirectory.Self, keepsOpaque: false);
        RestoreTimes(root);
        bool plain = StagingTree.IsPlainRoot(root);
        LinuxException.ThrowIfFailed(
            FileCalls.RenameAt(FileCalls.WorkingDirectory, PathBytes.Terminated(_path), staging, PathBytes.Terminated(StagedLayer.FileSystemName), replace: false), "rename", _path);
        return new Contents(Size, EntryCount, Changes.Any(c => c.Kind is LayerChangeKind.Deleted), Changes.Any(c => c.Path.Length == 0), plain);
    }

    private void RemoveLeftOut(int root)
    {
        foreach (byte[] path in _comparison.LeftOut)
        {
            byte[] name = PathBytes.Terminated(path);
            int result = FileCalls.UnlinkAt(root, name);
            if (result is -Errno.EISDIR or -Errno.EPERM)
                result = FileCalls.RemoveDirectoryAt(root, name);
            if (result is not -Errno.ENOENT)
                LinuxException.ThrowIfFailed(result, "unlink", PathBytes.Display(path));
        }
    }

    // What was copied up and what was made where something was have overlayfs' own attributes; of these a layer has one, and only where there is something to hide.
    private static void Clean(int root, LayerChange change)
    {
        bool mayHave = change.Path.Length > 0 && change.Kind is not (LayerChangeKind.Deleted or LayerChangeKind.Hidden) && (change.Status.IsDirectory || change.Kind is not LayerChangeKind.Added);
        if (mayHave)
            CleanAttributes(root, PathBytes.Terminated(change.Path), change.HidesBelow);
    }

    private static void CleanAttributes(int root, ReadOnlySpan<byte> path, bool keepsOpaque)
    {
        Span<byte> names = stackalloc byte[4096];
        int length = FileCalls.ListExtendedAttributesAt(root, path, names);
        for (var rest = names[..Math.Max(length, 0)]; !rest.IsEmpty; rest = rest[(rest.IndexOf((byte)0) + 1)..])
        {
            var name = rest[..(rest.IndexOf((byte)0) + 1)];
            if (OverlayAttributes.IsOverlays(name) && !(keepsOpaque && name.SequenceEqual(OverlayAttributes.Opaque)))
                _ = FileCalls.RemoveExtendedAttributeAt(root, path, name);
        }
    }

    // Removing what is left out has changed the directories it was in.
    private void RestoreTimes(int root)
    {
        if (_comparison.LeftOut.Count > 0)
        {
            var parents = _comparison.LeftOut.Select(static p => p[..Math.Max(0, p.AsSpan().LastIndexOf((byte)'/'))]).ToHashSet(BytesComparer.Instance);
            foreach (var change in Changes.Where(c => c.Status.IsDirectory && c.Path.Length > 0 && c.Kind is not (LayerChangeKind.Deleted or LayerChangeKind.Hidden) && parents.Contains(c.Path)))
                _ = FileCalls.SetTimesAt(root, PathBytes.Terminated(change.Path), change.Status.AccessTime, change.Status.ModifyTime);
        }
        if ((Changes.FirstOrDefault(c => c.Path.Length == 0)?.Status ?? _comparison.ImageRoot) is { } status)
            _ = FileCalls.SetTimes(root, status.AccessTime, status.ModifyTime);
    }

    private sealed record Contents(long Size, long EntryCount, bool LeansOnParents, bool DescribesRoot, bool IsPlain) : IStagedContents
    {
        public bool HasPlainRoot() => IsPlain;

        // The files are as overlayfs has made them on these very layers.
        public void FinishOn(IEnumerable<string> layers)
        {
        }

        public void Dispose()
        {
        }
    }
}
