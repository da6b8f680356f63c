using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// The directories of a layer that is being unpacked, and the way to them. Every path is resolved beneath the layer's root: symbolic links that the layer
/// itself has made are followed if they stay inside, one by one and never by the kernel; an absolute one, or one that climbs out, is an error. A bounded
/// number of directories is kept open, so that most files are made with a single name below a descriptor.
/// </summary>
internal sealed class StagingTree : IDisposable
{
    private const int MaximumOpen = 64;
    private const int MaximumLinks = 40; // As the kernel follows in one path.
    private const int MaximumPath = 4095;
    private const ResolveFlags Confined = ResolveFlags.Beneath | ResolveFlags.NoSymbolicLinks;

    private readonly Dictionary<byte[], StagedDirectory> _directories = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], StagedDirectory>.AlternateLookup<ReadOnlySpan<byte>> _byPath;
    private readonly StagedDirectory?[] _open = new StagedDirectory?[MaximumOpen];
    private StagedDirectory _last;
    private int _hand;

    /// <summary>Begins with an empty directory.</summary>
    /// <param name="root">An open descriptor of it; it is closed by <see cref="Dispose"/>.</param>
    public StagingTree(int root)
    {
        _byPath = _directories.GetAlternateLookup<ReadOnlySpan<byte>>();
        Root = new StagedDirectory([], null) { Descriptor = root };
        _directories.Add(Root.Path, Root);
        _last = Root;
    }

    /// <summary>The layer's root.</summary>
    public StagedDirectory Root { get; }

    /// <summary>All directories, in no particular order.</summary>
    public IReadOnlyCollection<StagedDirectory> Directories => _directories.Values;

    /// <summary>
    /// The directory at a path. What is missing on the way is made, as directories that the archive only implies.
    /// </summary>
    /// <param name="path">In the form of <see cref="LayerPath.Path"/>.</param>
    /// <exception cref="ContainerToolsException">The path leads out of the layer, or through something that is no directory.</exception>
    public StagedDirectory GetOrCreate(ReadOnlySpan<byte> path) => Walk(path, create: true)!;

    /// <summary>The directory at a path, or null if it is missing.</summary>
    /// <exception cref="ContainerToolsException">The path leads out of the layer, or through something that is no directory.</exception>
    public StagedDirectory? Find(ReadOnlySpan<byte> path) => Walk(path, create: false);

    /// <summary>The directory of exactly this path, through no links.</summary>
    public StagedDirectory? FindExact(ReadOnlySpan<byte> path) => _byPath.TryGetValue(path, out var found) ? found : null;

    /// <summary>A directory's descriptor; it is valid until the next call that opens another.</summary>
    public int Open(StagedDirectory directory)
    {
        directory.Used = true;
        if (directory.Descriptor < 0)
        {
            Span<byte> path = directory.Path.Length < 256 ? stackalloc byte[256] : new byte[directory.Path.Length + 1];
            directory.Path.CopyTo(path);
            path[directory.Path.Length] = 0;
            int fd = FileCalls.OpenAt2(Root.Descriptor, path[..(directory.Path.Length + 1)], OpenFlags.ReadOnly | OpenFlags.Directory, 0, Confined);
            Keep(directory, LayerErrors.Check(fd, "openat2", directory.Path));
        }

        return directory.Descriptor;
    }

    /// <summary>Makes a directory in another, or returns the one that is there; anything else there is replaced.</summary>
    /// <param name="parent">The directory it is in.</param>
    /// <param name="name">Its name, ending in NUL.</param>
    /// <param name="isExplicit">Whether the archive has an entry for it.</param>
    public StagedDirectory Make(StagedDirectory parent, ReadOnlySpan<byte> name, bool isExplicit)
    {
        byte[] path = parent.PathOf(name);
        if (_directories.TryGetValue(path, out var existing))
        {
            existing.IsExplicit |= isExplicit;
            return existing;
        }

        if (path.Length > MaximumPath)
        {
            throw LayerErrors.Invalid(path.AsSpan(0, 200), "(cut here) has a name that is too long");
        }

        int fd = Open(parent);
        int result = FileCalls.MakeDirectoryAt(fd, name, 0x1C0 /* 0700 */);
        if (result == -Errno.EEXIST)
        {
            LayerErrors.Check(FileCalls.UnlinkAt(fd, name), "unlinkat", path);
            result = FileCalls.MakeDirectoryAt(fd, name, 0x1C0);
        }

        LayerErrors.Check(result, "mkdirat", path);
        int own = LayerErrors.Check(FileCalls.OpenAt2(fd, name, OpenFlags.ReadOnly | OpenFlags.Directory, 0, Confined), "openat2", path);
        var made = new StagedDirectory(path, parent) { IsExplicit = isExplicit };
        Keep(made, own);
        if (!isExplicit)
        {
            // Until it is known what is below; a parent with set-group-id would otherwise leave its mark.
            LayerErrors.Check(FileCalls.ChangeOwner(own, 0, 0), "fchown", path);
            LayerErrors.Check(FileCalls.ChangeMode(own, 0x1ED /* 0755 */), "fchmod", path);
        }

        _directories.Add(path, made);
        (parent.Children ??= []).Add(made);
        return made;
    }

    /// <summary>Removes whatever has a name, a whole directory too; nothing there is fine.</summary>
    /// <param name="parent">The directory it is in.</param>
    /// <param name="name">Its name, ending in NUL.</param>
    public void Remove(StagedDirectory parent, ReadOnlySpan<byte> name)
    {
        if (_directories.TryGetValue(parent.PathOf(name), out var directory))
        {
            Forget(directory);
            parent.Children!.Remove(directory);
        }

        TreeRemoval.Remove(Open(parent), name);
    }

    /// <summary>
    /// Gives every directory what must wait until nothing in it changes any more: overlayfs's mark, attributes that files would inherit, times.
    /// </summary>
    public void Seal()
    {
        if (!Root.IsExplicit)
        {
            LayerErrors.Check(FileCalls.ChangeOwner(Root.Descriptor, 0, 0), "fchown", Root.Path);
            LayerErrors.Check(FileCalls.ChangeMode(Root.Descriptor, 0x1ED /* 0755 */), "fchmod", Root.Path);
        }

        foreach (var directory in _directories.Values)
        {
            int fd = Open(directory);
            if (directory.Parent is not null && (directory.IsOpaque || directory.IsFresh))
            {
                LayerErrors.Check(FileCalls.SetExtendedAttribute(fd, OverlayAttributes.Opaque, "y"u8), "fsetxattr", directory.Path);
            }

            foreach (var attribute in directory.DeferredAttributes ?? [])
            {
                LayerUnpacker.SetAttribute(fd, default, attribute, directory.Path);
            }

            LayerErrors.Check(FileCalls.SetTimes(fd, directory.AccessTime, directory.ModifyTime), "utimensat", directory.Path);
        }
    }

    /// <summary>Whether the root is as <see cref="Seal"/> makes one that nobody describes, times apart.</summary>
    public bool HasPlainRoot() => IsPlainRoot(Root.Descriptor);

    /// <summary>The same of a layer's root that is no tree's.</summary>
    /// <param name="root">An open descriptor of it.</param>
    public static bool IsPlainRoot(int root) =>
        FileCalls.Status(root, out var status) >= 0 && status is { UserId: 0, GroupId: 0, Mode: 0x1ED } && FileCalls.ListExtendedAttributes(root, default) == 0;

    /// <summary>Closes all descriptors but the root's; they open again as needed.</summary>
    public void CloseIdle()
    {
        for (int i = 0; i < _open.Length; i++)
        {
            if (_open[i] is { Descriptor: >= 0 } directory)
            {
                FileCalls.Close(directory.Descriptor);
                directory.Descriptor = -1;
            }

            _open[i] = null;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        CloseIdle();
        if (Root.Descriptor >= 0)
        {
            FileCalls.Close(Root.Descriptor);
            Root.Descriptor = -1;
        }
    }

    private StagedDirectory? Walk(ReadOnlySpan<byte> path, bool create)
    {
        if (path.SequenceEqual(_last.Path) && !_last.IsRemoved)
        {
            return _last;
        }

        if (_byPath.TryGetValue(path, out var found))
        {
            return _last = found;
        }

        int links = 0;
        found = Follow(Root, path, path, create, ref links);
        if (found is not null)
        {
            _last = found;
        }

        return found;
    }

    // Goes from a directory along components, of an archive's path or of a link's target.
    private StagedDirectory? Follow(StagedDirectory? from, ReadOnlySpan<byte> components, ReadOnlySpan<byte> whole, bool create, ref int links)
    {
        var current = from;
        while (!components.IsEmpty && current is not null)
        {
            var component = PathBytes.TakeComponent(ref components);
            if (component.IsEmpty || component is [(byte)'.'])
            {
                continue;
            }

            current = component is [(byte)'.', (byte)'.']
                ? current.Parent ?? throw LayerErrors.Escapes(whole, "goes through a symbolic link that climbs out")
                : Step(current, component, whole, create, ref links);
        }

        return current;
    }

    private StagedDirectory? Step(StagedDirectory current, ReadOnlySpan<byte> component, ReadOnlySpan<byte> whole, bool create, ref int links)
    {
        if (_directories.TryGetValue(current.PathOf(component), out var known))
        {
            return known;
        }

        byte[] name = PathBytes.Terminated(component);
        int fd = Open(current);
        int result = FileCalls.StatusAt(fd, name, out var status);
        if (result == -Errno.ENOENT)
        {
            return create ? Make(current, name, isExplicit: false) : null;
        }

        LayerErrors.Check(result, "statx", whole);
        if (status.Type != FileType.SymbolicLink)
        {
            throw LayerErrors.Invalid(whole, $"goes through '{PathBytes.Display(current.PathOf(component))}', which is not a directory");
        }

        if (++links > MaximumLinks)
        {
            throw LayerErrors.Invalid(whole, "goes through too many symbolic links");
        }

        byte[] target = new byte[MaximumPath + 1];
        int length = LayerErrors.Check(FileCalls.ReadLinkAt(fd, name, target), "readlinkat", whole);
        return target[0] == '/'
            ? throw LayerErrors.Escapes(whole, $"goes through the symbolic link '{PathBytes.Display(current.PathOf(component))}' to '{PathBytes.Display(target.AsSpan(0, length))}'")
            : Follow(current, target.AsSpan(0, length), whole, create, ref links);
    }

    private void Keep(StagedDirectory directory, int fd)
    {
        // Second chance: one that was used since the hand last passed stays open for another round.
        while (_open[_hand] is { Used: true } busy)
        {
            busy.Used = false;
            _hand = (_hand + 1) % MaximumOpen;
        }

        if (_open[_hand] is { Descriptor: >= 0 } old)
        {
            FileCalls.Close(old.Descriptor);
            old.Descriptor = -1;
        }

        _open[_hand] = directory;
        _hand = (_hand + 1) % MaximumOpen;
        directory.Descriptor = fd;
        directory.Used = true;
    }

    private void Forget(StagedDirectory directory)
    {
        foreach (var child in directory.Children ?? [])
        {
            Forget(child);
        }

        directory.IsRemoved = true;
        _directories.Remove(directory.Path);
        if (directory.Descriptor >= 0)
        {
            FileCalls.Close(directory.Descriptor);
            directory.Descriptor = -1;
        }
    }
}
