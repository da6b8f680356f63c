using ContainerTools.Engine.Layers;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>Compares a container's writable layer with the image below it. What was made only for something to be mounted on is no change.</summary>
/// <param name="container">The container.</param>
/// <param name="mountPoints">Absolute paths that something is mounted on when it runs.</param>
/// <param name="cancellationToken">Ends the comparison with an exception.</param>
internal sealed class LayerComparison(Container container, IReadOnlySet<string> mountPoints, CancellationToken cancellationToken)
{
    private const int MaximumDepth = 1000; // Two descriptors each; deeper than any path that can be named.

    private readonly List<FileChange> _changes = [];

    /// <summary>Compares.</summary>
    /// <param name="layer">The writable layer's directory, open for reading.</param>
    /// <param name="image">The image's root directory, or -1 for an empty one.</param>
    /// <returns>The changes, a directory before what is in it, by name.</returns>
    public IReadOnlyList<FileChange> Compare(int layer, int image)
    {
        CompareDirectory(layer, image, "", 0);
        return _changes;
    }

    /// <returns>Whether anything was added to or deleted from this very directory.</returns>
    private bool CompareDirectory(int layer, int image, string path, int depth)
    {
        if (depth > MaximumDepth)
            return false;
        bool changed = false;
        var names = Names(layer);
        foreach (byte[] name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (FileCalls.StatusAt(layer, name, out var now) < 0)
                continue; // Gone meanwhile.
            FileStatus before = default;
            bool existed = image >= 0 && FileCalls.StatusAt(image, name, out before) >= 0;
            string entry = $"{path}/{PathBytes.Display(name)}";
            if (now.IsWhiteout)
            {
                if (existed)
                    Add(FileChangeKind.Deleted, entry, before);
                changed |= existed;
            }
            else
            {
                changed |= CompareEntry(layer, image, name, entry, now, existed ? before : null, depth);
            }
        }
        if (image >= 0 && IsOpaque(layer))
            changed |= AddHidden(image, names, path);
        return changed;
    }

    /// <returns>Whether it is new.</returns>
    private bool CompareEntry(int layer, int image, byte[] name, string path, FileStatus now, FileStatus? before, int depth)
    {
        int index = _changes.Count;
        bool inside = false, skipped = false;
        if (now.IsDirectory)
        {
            int own = FileCalls.OpenAt(layer, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
            int other = before is { IsDirectory: true } ? FileCalls.OpenAt(image, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow) : -1;
            if (own >= 0)
            {
                inside = CompareDirectory(own, other, path, depth + 1);
                _ = FileCalls.Close(own);
            }
            if (other >= 0)
                _ = FileCalls.Close(other);
            skipped = index == _changes.Count;
        }
        if (before is not { } old)
        {
            // Made to be mounted on, or to hold what is.
            if ((now.IsDirectory ? skipped : now.Size == 0) && mountPoints.Any(m => m == path || m.StartsWith(path + "/", StringComparison.Ordinal)))
                return false;
            Insert(index, FileChangeKind.Added, path, now);
            return true;
        }
        if (inside || Differs(layer, image, name, now, old))
            Insert(index, FileChangeKind.Modified, path, now);
        return false;
    }

    // An opaque directory hides what the image has in it: it was removed and made anew.
    private bool AddHidden(int image, List<byte[]> names, string path)
    {
        var kept = names.Select(n => Convert.ToHexString(n)).ToHashSet();
        bool any = false;
        foreach (byte[] name in Names(image).Where(n => !kept.Contains(Convert.ToHexString(n))))
        {
            if (FileCalls.StatusAt(image, name, out var before) < 0)
                continue;
            Add(FileChangeKind.Deleted, $"{path}/{PathBytes.Display(name)}", before);
            any = true;
        }
        return any;
    }

    private static bool Differs(int layer, int image, byte[] name, FileStatus now, FileStatus old)
    {
        if (now.Type != old.Type || now.Mode != old.Mode || now.UserId != old.UserId || now.GroupId != old.GroupId)
            return true;
        return now.Type switch
        {
            FileType.Directory => false,
            FileType.Regular => now.Size != old.Size || now.ModifyTime != old.ModifyTime || ContentDiffers(layer, image, name),
            FileType.SymbolicLink => now.Size != old.Size || !Link(layer, name).AsSpan().SequenceEqual(Link(image, name)),
            _ => now.NodeMajor != old.NodeMajor || now.NodeMinor != old.NodeMinor,
        };
    }

    // Seldom asked: it was copied up and kept its size and its time.
    private static bool ContentDiffers(int layer, int image, byte[] name)
    {
        int one = FileCalls.OpenAt(layer, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        int other = FileCalls.OpenAt(image, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        try
        {
            if (one < 0 || other < 0)
                return true;
            byte[] left = new byte[64 * 1024], right = new byte[64 * 1024];
            for (long offset = 0; ;)
            {
                int count = FileCalls.ReadAt(one, left, offset), same = FileCalls.ReadAt(other, right, offset);
                if (count != same || count < 0 || !left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
                    return true;
                if (count == 0)
                    return false;
                offset += count;
            }
        }
        finally
        {
            _ = FileCalls.Close(one);
            _ = FileCalls.Close(other);
        }
    }

    private static byte[] Link(int directory, byte[] name)
    {
        byte[] target = new byte[4096];
        return target[..Math.Max(0, FileCalls.ReadLinkAt(directory, name, target))];
    }

    private static bool IsOpaque(int directory)
    {
        Span<byte> value = stackalloc byte[16];
        return FileCalls.GetExtendedAttribute(directory, OverlayAttributes.Opaque, value) == 1 && value[0] == 'y';
    }

    private static List<byte[]> Names(int directory)
    {
        List<byte[]> names = [];
        using var entries = new DirectoryEntries(directory);
        while (entries.MoveNext())
            names.Add(entries.Name.ToArray());
        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    private void Add(FileChangeKind kind, string path, FileStatus status) => Insert(_changes.Count, kind, path, status);

    private void Insert(int index, FileChangeKind kind, string path, FileStatus status) => _changes.Insert(index, new FileChange
    {
        Container = container.Name,
        ContainerId = container.Id,
        Kind = kind,
        Path = path,
        IsDirectory = status.IsDirectory,
        Size = status.Type == FileType.Regular ? status.Size : 0,
        ModifiedAt = ToTime(status.ModifyTime),
    });

    // A file's time may be any number; what DateTimeOffset cannot hold is its first or last moment.
    private static DateTimeOffset ToTime(FileTime time)
    {
        long seconds = Math.Clamp(time.Seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(seconds == time.Seconds ? time.Nanoseconds / 100 : 0);
    }
}
