using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// A staged layer's files, reached by descriptors of their directories only. No component of a path may be a link, and none leads out: openat2(2) with
/// RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS.
/// </summary>
internal sealed class LayerTree : IDisposable
{
    private const int CacheLimit = 256;
    private const string OpaqueAttribute = "trusted.overlay.opaque";
    private const ResolveFlags Strict = ResolveFlags.Beneath | ResolveFlags.NoSymbolicLinks | ResolveFlags.NoMagicLinks;

    private readonly StagedLayer staged;
    private readonly Dictionary<string, int> descriptors = new(StringComparer.Ordinal);

    public LayerTree(StagedLayer staged)
    {
        this.staged = staged;
        Root = Paths.OpenDirectory(staged.TreePath);
    }

    public int Root { get; }

    /// <summary>The descriptor of a directory of the layer, made with all above it if it is missing.</summary>
    public int Directory(string path, string entry)
    {
        if (path.Length == 0)
            return Root;
        if (descriptors.TryGetValue(path, out var fd))
            return fd;
        if (!staged.Directories.ContainsKey(path))
            MakeDirectory(path, DirectoryRecord.Default, entry);
        return Open(path);
    }

    /// <summary>Makes a directory, or takes the one that is there.</summary>
    /// <returns>Its parent's descriptor.</returns>
    public int MakeDirectory(string path, DirectoryRecord record, string entry)
    {
        var parent = Directory(Paths.Parent(path), entry);
        var name = Paths.Bytes(Paths.Name(path));
        var result = FileCalls.MakeDirectoryAt(parent, name, 0b111_000_000);
        if (result == -Errno.EEXIST)
        {
            FileStatus status;
            LinuxException.ThrowIfFailed(FileCalls.StatusAt(parent, name, out status), "statx", TarEntry.ToText(path));
            var hidden = status.IsWhiteout;
            if (!status.IsDirectory)
            {
                // Only an entry of its own may replace what is not a directory; merely being named on the way to something may not.
                if (record.Implied && !hidden)
                    throw Paths.Unsafe(entry, $"'{TarEntry.ToText(path)}' on the way to it is {(status.Type == FileType.SymbolicLink ? "a symbolic link" : "not a directory")} in the same layer");
                Forget(path);
                LinuxException.ThrowIfFailed(FileCalls.UnlinkAt(parent, name), "unlinkat", TarEntry.ToText(path));
                result = FileCalls.MakeDirectoryAt(parent, name, 0b111_000_000);
                LinuxException.ThrowIfFailed(result, "mkdirat", TarEntry.ToText(path));
                // What the whiteout hid stays hidden.
                if (hidden)
                    SetOpaque(path, parent, name);
            }
        }
        else
        {
            LinuxException.ThrowIfFailed(result, "mkdirat", TarEntry.ToText(path));
        }
        staged.Directories[path] = record;
        return parent;
    }

    /// <summary>Makes room for an entry that is not a directory: what an earlier entry put there goes.</summary>
    public void Clear(string path, int parent, ReadOnlySpan<byte> name)
    {
        Forget(path);
        FileCalls.RemoveTreeAt(parent, name);
    }

    /// <summary>Marks a path deleted, unless the layer itself has something there: then only what is below the layer is hidden.</summary>
    public void WhiteOut(string path, string entry)
    {
        var parent = Directory(Paths.Parent(path), entry);
        var name = Paths.Bytes(Paths.Name(path));
        var result = FileCalls.MakeNodeAt(parent, name, FileType.CharacterDevice, 0, 0, 0);
        if (result == -Errno.EEXIST)
        {
            if (staged.Directories.ContainsKey(path))
                SetOpaque(path, parent, name);
            return;
        }
        LinuxException.ThrowIfFailed(result, "mknodat", TarEntry.ToText(path));
        staged.Whiteouts.Add(path);
    }

    /// <summary>Hides everything that lower layers have in a directory.</summary>
    public void SetOpaque(string path, string entry)
    {
        if (path.Length == 0)
        {
            LinuxException.ThrowIfFailed(FileCalls.SetAttribute(Root, OpaqueAttribute, "y"u8), "fsetxattr");
            return;
        }
        _ = Directory(path, entry);
        SetOpaque(path, Directory(Paths.Parent(path), entry), Paths.Bytes(Paths.Name(path)));
    }

    /// <summary>Opens something in the layer by its whole path.</summary>
    /// <returns>A descriptor to be closed, or a negative error number.</returns>
    public int TryOpen(string path, int flags) => FileCalls.OpenAt2(Root, Paths.Bytes(path), flags, 0, Strict);

    /// <summary>What is at a path.</summary>
    /// <returns>False where nothing is.</returns>
    public bool TryStatus(string path, out FileStatus status)
    {
        status = default;
        var parent = Paths.Parent(path);
        return (parent.Length == 0 || staged.Directories.ContainsKey(parent))
            && FileCalls.StatusAt(Directory(parent, path), Paths.Bytes(Paths.Name(path)), out status) >= 0;
    }

    /// <summary>Forgets what was noted of a path and of everything below it, which is about to go.</summary>
    public void Forget(string path)
    {
        staged.Whiteouts.Remove(path);
        staged.PendingLinks.Remove(path);
        if (!staged.Directories.Remove(path))
            return;
        foreach (var below in staged.Directories.Keys.Where(key => Paths.IsBeneath(key, path)).ToArray())
            staged.Directories.Remove(below);
        staged.Whiteouts.RemoveWhere(key => Paths.IsBeneath(key, path));
        foreach (var below in staged.PendingLinks.Keys.Where(key => Paths.IsBeneath(key, path)).ToArray())
            staged.PendingLinks.Remove(below);
        CloseDescriptors();
    }

    public void Dispose()
    {
        CloseDescriptors();
        _ = FileCalls.Close(Root);
    }

    private static void SetOpaque(string path, int parent, ReadOnlySpan<byte> name) =>
        LinuxException.ThrowIfFailed(FileCalls.SetAttributeAt(parent, name, OpaqueAttribute, "y"u8), "lsetxattr", TarEntry.ToText(path));

    private int Open(string path)
    {
        if (descriptors.Count >= CacheLimit)
            CloseDescriptors();
        var fd = LinuxException.ThrowIfFailed(TryOpen(path, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow), "openat2", TarEntry.ToText(path));
        descriptors.Add(path, fd);
        return fd;
    }

    private void CloseDescriptors()
    {
        foreach (var fd in descriptors.Values)
            _ = FileCalls.Close(fd);
        descriptors.Clear();
    }
}
