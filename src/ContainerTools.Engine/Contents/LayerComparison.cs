using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>Compares a container's writable layer with the image below it. What was made only for something to be mounted on is no change.</summary>
/// <param name="mountPoints">Absolute paths that something is mounted on when the container runs.</param>
/// <param name="cancellationToken">Ends the comparison with an exception.</param>
internal sealed class LayerComparison(IReadOnlySet<string> mountPoints, CancellationToken cancellationToken)
{
    private const int MaximumDepth = 1000; // Two descriptors each; deeper than any path that can be named.

    private readonly List<LayerChange?> _changes = [];
    private readonly List<byte[]> _mountedOn = [];
    private readonly List<byte[]> _leftOut = [];
    private readonly EntryComparison _entries = new();

    /// <summary>The paths, without leading slash, of what was made only to be mounted on, after the comparison.</summary>
    public IReadOnlyList<byte[]> MountedOn => _mountedOn;

    /// <summary>
    /// The paths of what the writable layer has and a layer of the changes has not, what is in a directory before the directory: what was made to be mounted on, what is as in the
    /// image, whiteouts of nothing, sockets.
    /// </summary>
    public IReadOnlyList<byte[]> LeftOut => _leftOut;

    /// <summary>Whether something was replaced by a socket, which a layer can only say by a whiteout.</summary>
    public bool HasSocketInPlace { get; private set; }

    /// <summary>The image's root directory; null if there is none.</summary>
    public FileStatus? ImageRoot { get; private set; }

    /// <summary>Compares.</summary>
    /// <param name="layer">The writable layer's directory, open for reading.</param>
    /// <param name="image">The image's root directory, or -1 for an empty one.</param>
    /// <returns>What a layer of the changes has, a directory before what is in it, by name.</returns>
    public IReadOnlyList<LayerChange> Compare(int layer, int image)
    {
        if (FileCalls.Status(layer, out var now) >= 0)
        {
            FileStatus before = default;
            if (image >= 0 && FileCalls.Status(image, out before) >= 0)
                ImageRoot = before;
            bool differs = ImageRoot is not null
                ? _entries.Differs(layer, image, EntryDirectory.Self, now, before)
                : now is not { Mode: 0x1ED, UserId: 0, GroupId: 0 };
            if (differs)
                _changes.Add(new LayerChange(LayerChangeKind.Modified, [], now));
        }
        CompareDirectory(layer, image, [], hidden: false, 0, out _);
        return [.. _changes.OfType<LayerChange>()];
    }

    /// <param name="layer">The directory in the layer.</param>
    /// <param name="image">The same in the image, or -1.</param>
    /// <param name="path">Its path.</param>
    /// <param name="hidden">Whether nothing of the image's shows in it.</param>
    /// <param name="depth">How deep it is.</param>
    /// <param name="mounted">Whether there is something in it that was made only to be mounted on.</param>
    /// <returns>Whether anything was added to or deleted from this very directory.</returns>
    private bool CompareDirectory(int layer, int image, byte[] path, bool hidden, int depth, out bool mounted)
    {
        mounted = false;
        if (depth > MaximumDepth)
            return false;
        bool changed = false;
        var names = EntryComparison.Names(layer);
        foreach (byte[] name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (FileCalls.StatusAt(layer, name, out var now) < 0)
                continue; // Gone meanwhile.
            FileStatus before = default;
            bool existed = image >= 0 && FileCalls.StatusAt(image, name, out before) >= 0;
            byte[] entry = Join(path, name);
            if (now.IsWhiteout)
            {
                if (existed)
                    _changes.Add(new LayerChange(hidden ? LayerChangeKind.Hidden : LayerChangeKind.Deleted, entry, before));
                else
                    _leftOut.Add(entry);
                changed |= existed;
            }
            else
            {
                changed |= CompareEntry(layer, image, name, entry, now, existed ? before : null, hidden, depth, ref mounted);
            }
        }
        if (image >= 0 && hidden)
            changed |= AddHidden(image, names, path);
        return changed;
    }

    /// <returns>Whether it is new.</returns>
    private bool CompareEntry(int layer, int image, byte[] name, byte[] path, FileStatus now, FileStatus? before, bool hidden, int depth, ref bool mounted)
    {
        int index = _changes.Count;
        bool changedInside = false, hides = false, mountedInside = false;
        if (now.IsDirectory)
        {
            _changes.Add(null); // Its place is before what is in it, and whether it has one is known afterwards.
            int own = FileCalls.OpenAt(layer, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
            int other = before is { IsDirectory: true } ? FileCalls.OpenAt(image, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow) : -1;
            if (own >= 0)
            {
                hides = hidden || EntryComparison.IsOpaque(own);
                changedInside = CompareDirectory(own, other, path, hides, depth + 1, out mountedInside);
                _ = FileCalls.Close(own);
            }
            if (other >= 0)
                _ = FileCalls.Close(other);
            // Only where there is something to hide: a marker for nothing would bind the layer to what is below for no reason.
            hides &= before is { IsDirectory: true } && !hidden;
        }
        bool nothingInside = _changes.Count <= index + 1;
        if (before is null && (now.IsDirectory ? nothingInside : now.Size == 0) && IsForMounting(path))
        {
            _changes.RemoveRange(index, _changes.Count - index);
            _mountedOn.Add(path);
            _leftOut.Add(path);
            mounted = true;
            return false;
        }
        LayerChangeKind? kind = before is not { } old ? LayerChangeKind.Added
            : changedInside || _entries.Differs(layer, image, name, now, old) ? LayerChangeKind.Modified
            : hidden || hides || !nothingInside || !now.IsDirectory && now.LinkCount > 1 ? LayerChangeKind.Same
            : now.IsDirectory && now.ModifyTime != old.ModifyTime && !mountedInside ? LayerChangeKind.Touched
            : null;
        if (now.Type == FileType.Socket)
        {
            HasSocketInPlace |= before is not null;
            _leftOut.Add(path);
        }
        if (kind is { } known)
        {
            var change = new LayerChange(known, path, now) { HidesBelow = hides };
            if (now.IsDirectory)
                _changes[index] = change;
            else
                _changes.Add(change);
        }
        else
        {
            if (now.IsDirectory)
                _changes.RemoveAt(index);
            _leftOut.Add(path);
        }
        return before is null;
    }

    // Nothing of the image's shows here: what has no entry of its own is gone.
    private bool AddHidden(int image, List<byte[]> names, byte[] path)
    {
        var kept = names.Select(n => Convert.ToHexString(n)).ToHashSet();
        bool any = false;
        foreach (byte[] name in EntryComparison.Names(image).Where(n => !kept.Contains(Convert.ToHexString(n))))
        {
            if (FileCalls.StatusAt(image, name, out var before) < 0)
                continue;
            _changes.Add(new LayerChange(LayerChangeKind.Hidden, Join(path, name), before));
            any = true;
        }
        return any;
    }

    private bool IsForMounting(byte[] path)
    {
        string text = "/" + PathBytes.Display(path);
        return mountPoints.Any(m => m == text || m.StartsWith(text + "/", StringComparison.Ordinal));
    }

    private static byte[] Join(byte[] path, byte[] name)
    {
        var own = name.AsSpan(0, name.Length - 1);
        return path.Length == 0 ? own.ToArray() : [.. path, (byte)'/', .. own];
    }
}
