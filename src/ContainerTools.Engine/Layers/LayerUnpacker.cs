using ContainerTools.Engine.Rootless;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// Makes a layer's files from its tar, in one pass and knowing nothing of the layers below. What depends on them is noted for <see cref="LayerFinisher"/>.
/// Later entries replace earlier ones of the same name.
/// </summary>
internal sealed partial class LayerUnpacker : IStagedContents
{
    private const uint PermissionBits = 0xFFF;
    private const long WriteBackThreshold = 1 << 20;
    private const int HoleSize = 4096; // A block of most file systems.

    private readonly LayerPath _path = new();
    private readonly LayerPath _target = new();
    private readonly uint _processUser = FileCalls.EffectiveUserId;
    private readonly uint _processGroup = FileCalls.EffectiveGroupId;

    /// <summary>Unpacks into a tree.</summary>
    public LayerUnpacker(StagingTree tree) => Tree = tree;

    /// <summary>The directories made.</summary>
    public StagingTree Tree { get; }

    /// <summary>Whiteouts of which the layer itself has no entry: the directory's path and the hidden name with its NUL.</summary>
    public List<(byte[] Directory, byte[] Name)> Whiteouts { get; private set; } = [];

    /// <summary>Hard links whose target the layer itself does not have, by their path.</summary>
    public Dictionary<byte[], PendingHardLink> HardLinks { get; } = new(BytesComparer.Instance);

    /// <summary>Bytes in regular files.</summary>
    public long Size { get; private set; }

    /// <summary>How many entries there were.</summary>
    public long EntryCount { get; private set; }

    /// <summary>Whether what is below has a part in how the layer looks on disk.</summary>
    public bool LeansOnParents { get; private set; }

    /// <inheritdoc />
    public bool DescribesRoot => Tree.Root.IsExplicit;

    /// <inheritdoc />
    public bool HasPlainRoot() => Tree.HasPlainRoot();

    /// <inheritdoc />
    public void FinishOn(IEnumerable<string> layers)
    {
        using var below = new LowerTree(layers);
        new LayerFinisher(this, below).Run();
    }

    /// <inheritdoc />
    public void Dispose() => Tree.Dispose();

    /// <summary>Unpacks everything.</summary>
    /// <param name="reader">The archive.</param>
    /// <param name="cancellationToken">Ends the work between two entries.</param>
    /// <exception cref="ContainerToolsException">The archive is malformed or hostile.</exception>
    /// <exception cref="LinuxException">A call failed.</exception>
    public void Run(TarReader reader, CancellationToken cancellationToken)
    {
        while (reader.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            EntryCount++;
            Apply(reader, reader.Entry);
        }

        reader.ReadToEnd();
        ResolveWhiteouts();
        Tree.Seal();
        LeansOnParents = Whiteouts.Count > 0 || HardLinks.Count > 0 || Tree.Root.IsOpaque
            || Tree.Directories.Any(d => d.NeedsBelow);
    }

    private void Apply(TarReader reader, TarEntry entry)
    {
        _path.Set(entry.Name.Span);
        if (_path.IsReserved)
        {
            return;
        }

        if (_path.IsRoot)
        {
            ApplyDirectory(entry);
        }
        else if (_path.IsOpaqueMarker)
        {
            Tree.GetOrCreate(_path.Parent).IsOpaque = true;
        }
        else if (_path.IsWhiteout)
        {
            AddWhiteout(_path.HiddenName());
        }
        else
        {
            switch (entry.Kind)
            {
                case TarEntryKind.Directory:
                    ApplyDirectory(entry);
                    break;
                case TarEntryKind.File:
                    ApplyFile(reader, entry);
                    break;
                case TarEntryKind.HardLink:
                    ApplyHardLink(entry);
                    break;
                case TarEntryKind.CharacterDevice when entry is { DeviceMajor: 0, DeviceMinor: 0 }:
                    AddWhiteout(_path.Name); // How overlayfs itself writes a whiteout, and would read this one.
                    break;
                case TarEntryKind.SymbolicLink or TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice or TarEntryKind.Fifo:
                    ApplySpecial(entry);
                    break;
                default:
                    throw new ContainerToolsException(
                        "LayerEntryUnsupported",
                        ErrorKind.NotSupported,
                        $"The layer's entry '{entry.NameText}' is of the tar type '{(char)entry.TypeFlag}', which cannot be unpacked.",
                        entry.NameText);
            }
        }
    }

    private void AddWhiteout(ReadOnlySpan<byte> hidden)
    {
        // Only to see that the path does not lead out: the directory may be one of a lower layer.
        _ = Tree.Find(_path.Parent);
        Whiteouts.Add((_path.Parent.ToArray(), hidden.ToArray()));
    }

    private void ApplyDirectory(TarEntry entry)
    {
        StagedDirectory directory;
        if (_path.IsRoot)
        {
            if (entry.Kind != TarEntryKind.Directory)
            {
                throw LayerErrors.Invalid(entry.Name.Span, "names the root, but is not a directory");
            }

            directory = Tree.Root;
            directory.IsExplicit = true;
        }
        else
        {
            directory = Tree.Make(Tree.GetOrCreate(_path.Parent), _path.Name, isExplicit: true);
        }

        int fd = Tree.Open(directory);
        Check(FileCalls.ChangeOwner(fd, entry.UserId, entry.GroupId), "fchown");
        directory.DeferredAttributes = null;
        foreach (var attribute in entry.ExtendedAttributes ?? [])
        {
            if (attribute.Name.AsSpan().StartsWith("system.posix_acl_"u8))
            {
                (directory.DeferredAttributes ??= []).Add(attribute);
            }
            else
            {
                SetAttribute(fd, default, attribute, _path.Path);
            }
        }

        Check(FileCalls.ChangeMode(fd, entry.Mode & PermissionBits), "fchmod");
        directory.HasSetGroup = (entry.Mode & 0x400) != 0;
        directory.ModifyTime = entry.ModifyTime;
        directory.AccessTime = entry.AccessTime ?? entry.ModifyTime;
    }

    private void ApplyFile(TarReader reader, TarEntry entry)
    {
        var parent = Tree.GetOrCreate(_path.Parent);
        int directory = Tree.Open(parent);
        const int flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive;
        uint mode = entry.Mode & PermissionBits;
        int fd = FileCalls.OpenAt(directory, _path.Name, flags | OpenFlags.NoFollow, 0x180 /* 0600 */);
        if (fd == -Errno.EEXIST)
        {
            Tree.Remove(parent, _path.Name);
            fd = FileCalls.OpenAt(Tree.Open(parent), _path.Name, flags | OpenFlags.NoFollow, 0x180);
        }

        Check(fd, "openat");
        try
        {
            long end = 0;
            while (reader.ReadPiece(out long offset, out var data))
            {
                // A block of zeros may be a hole that a tar cannot tell; as a hole it takes no space.
                if (data.Length >= HoleSize && !data.ContainsAnyExcept((byte)0))
                {
                    continue;
                }

                Check(FileCalls.WriteAt(fd, data, offset), "pwrite");
                end = offset + data.Length;
            }

            if (end < entry.Size)
            {
                Check(FileCalls.Truncate(fd, entry.Size), "ftruncate"); // It ends in a hole.
            }

            // Ownership first: changing it drops set-user-id and capabilities.
            if (entry.UserId != _processUser || entry.GroupId != _processGroup || parent.HasSetGroup)
            {
                Check(FileCalls.ChangeOwner(fd, entry.UserId, entry.GroupId), "fchown");
            }

            foreach (var attribute in entry.ExtendedAttributes ?? [])
            {
                SetAttribute(fd, default, attribute, _path.Path);
            }

            Check(FileCalls.ChangeMode(fd, mode), "fchmod");
            Check(FileCalls.SetTimes(fd, entry.AccessTime ?? entry.ModifyTime, entry.ModifyTime), "utimensat");
            if (end >= WriteBackThreshold)
            {
                // The disk works while the next files are made, and the sync at the end has less to wait for. A hint: its failure shows in that sync.
                _ = FileCalls.StartWriteBack(fd);
            }
        }
        finally
        {
            FileCalls.Close(fd);
        }

        Size += entry.Size;
    }

    private void ApplySpecial(TarEntry entry)
    {
        if (entry.Kind is TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice && UserSession.IsRootless)
        {
            return; // Only the host's root makes device nodes. Containers get those of their own /dev all the same.
        }

        var parent = Tree.GetOrCreate(_path.Parent);
        var target = entry.LinkName.Span;
        if (entry.Kind == TarEntryKind.SymbolicLink && (target.IsEmpty || target.Length > 4095))
        {
            throw LayerErrors.Invalid(_path.Path, "is a symbolic link whose target is empty or too long");
        }

        int result = MakeSpecial(Tree.Open(parent), entry);
        if (result == -Errno.EEXIST)
        {
            Tree.Remove(parent, _path.Name);
            result = MakeSpecial(Tree.Open(parent), entry);
        }

        Check(result, "mknodat");
        int directory = Tree.Open(parent);
        Check(FileCalls.ChangeOwnerAt(directory, _path.Name, entry.UserId, entry.GroupId), "fchownat");
        foreach (var attribute in entry.ExtendedAttributes ?? [])
        {
            SetAttribute(directory, _path.Name, attribute, _path.Path);
        }

        if (entry.Kind != TarEntryKind.SymbolicLink)
        {
            Check(FileCalls.ChangeModeAt(directory, _path.Name, entry.Mode & PermissionBits), "fchmodat");
        }

        Check(FileCalls.SetTimesAt(directory, _path.Name, entry.AccessTime ?? entry.ModifyTime, entry.ModifyTime), "utimensat");
    }

    private int MakeSpecial(int directory, TarEntry entry) => entry.Kind switch
    {
        TarEntryKind.SymbolicLink => FileCalls.SymbolicLinkAt(PathBytes.Terminated(entry.LinkName.Span), directory, _path.Name),
        TarEntryKind.Fifo => FileCalls.MakeNodeAt(directory, _path.Name, FileType.Fifo, 0x180, 0, 0),
        TarEntryKind.BlockDevice => FileCalls.MakeNodeAt(directory, _path.Name, FileType.BlockDevice, 0x180, entry.DeviceMajor, entry.DeviceMinor),
        _ => FileCalls.MakeNodeAt(directory, _path.Name, FileType.CharacterDevice, 0x180, entry.DeviceMajor, entry.DeviceMinor),
    };

    private int Check(int result, string operation) => LayerErrors.Check(result, operation, _path.Path);
}
