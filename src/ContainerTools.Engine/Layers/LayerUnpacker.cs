using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>Turns a layer's tar into files, in one pass (image-spec layer.md).</summary>
internal sealed class LayerUnpacker(StagedLayer staged, LayerTree tree, TarReader reader)
{
    private const string WhiteoutPrefix = ".wh.", OpaqueName = ".wh..wh..opq", AufsPrefix = ".wh..wh.";
    private const uint PermissionBits = 0xfff;

    private readonly byte[] buffer = new byte[1 << 20];

    public void Run(CancellationToken cancellationToken)
    {
        staged.Directories[""] = DirectoryRecord.Default;
        while (reader.Next() is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Add(entry, cancellationToken);
        }
        reader.Drain();
    }

    private void Add(TarEntry entry, CancellationToken cancellationToken)
    {
        var path = Paths.Normalize(entry.Name, "its name", entry.Name);
        if (IsSpecialName(entry, path))
            return;
        if (entry.Type == TarEntryType.Directory)
        {
            AddDirectory(entry, path);
            return;
        }
        if (path.Length == 0)
            throw Paths.Unsafe(entry.Name, "it takes the place of the root directory");
        var parent = tree.Directory(Paths.Parent(path), entry.Name);
        var name = Paths.Bytes(Paths.Name(path));
        switch (entry.Type)
        {
            case TarEntryType.File:
                AddFile(entry, path, parent, name, cancellationToken);
                return;
            case TarEntryType.HardLink:
                AddHardLink(entry, path, parent, name);
                return;
            case TarEntryType.SymbolicLink:
                Make(path, parent, name, () => FileCalls.SymbolicLinkAt(Paths.Bytes(entry.LinkName), parent, name), "symlinkat");
                break;
            case TarEntryType.CharacterDevice when entry is { DeviceMajor: 0, DeviceMinor: 0 }:
                throw Paths.Unsafe(entry.Name, "a character device 0:0 is what overlayfs marks deleted files with");
            case TarEntryType.CharacterDevice:
                MakeNode(FileType.CharacterDevice);
                break;
            case TarEntryType.BlockDevice:
                MakeNode(FileType.BlockDevice);
                break;
            case TarEntryType.Fifo:
                MakeNode(FileType.Fifo);
                break;
        }
        Describe(entry, path, parent, name, setMode: entry.Type != TarEntryType.SymbolicLink);

        void MakeNode(FileType type) => Make(path, parent, name,
            () => FileCalls.MakeNodeAt(parent, name, type, entry.Mode & PermissionBits, entry.DeviceMajor, entry.DeviceMinor), "mknodat");
    }

    // Whiteouts, opaque markers, and aufs' own files, which are not content.
    private bool IsSpecialName(TarEntry entry, string path)
    {
        if (!path.Contains(WhiteoutPrefix, StringComparison.Ordinal))
            return false;
        var parts = path.Split('/');
        if (parts[^1] == OpaqueName)
        {
            tree.SetOpaque(Paths.Parent(path), entry.Name);
            return true;
        }
        if (parts.Any(part => part.StartsWith(AufsPrefix, StringComparison.Ordinal)))
            return true;
        if (parts[..^1].Any(part => part.StartsWith(WhiteoutPrefix, StringComparison.Ordinal)))
            throw Paths.Unsafe(entry.Name, "it lies below a whiteout");
        if (!parts[^1].StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
            return false;
        var hidden = parts[^1][WhiteoutPrefix.Length..];
        if (hidden is "" or "." or "..")
            throw Paths.Unsafe(entry.Name, "it is a whiteout of no name in its directory");
        tree.WhiteOut(Paths.Join(Paths.Parent(path), hidden), entry.Name);
        return true;
    }

    private void AddDirectory(TarEntry entry, string path)
    {
        var record = new DirectoryRecord(entry.Mode & PermissionBits, entry.ModifyTime, Implied: false);
        if (path.Length == 0)
        {
            staged.Directories[""] = record;
            LinuxException.ThrowIfFailed(FileCalls.ChangeOwner(tree.Root, entry.UserId, entry.GroupId), "fchown");
            foreach (var (name, value) in Attributes(entry))
                LinuxException.ThrowIfFailed(FileCalls.SetAttribute(tree.Root, name, value), "fsetxattr", name);
            return;
        }
        var parent = tree.MakeDirectory(path, record, entry.Name);
        var bytes = Paths.Bytes(Paths.Name(path));
        LinuxException.ThrowIfFailed(FileCalls.ChangeOwnerAt(parent, bytes, entry.UserId, entry.GroupId), "fchownat", entry.DisplayName);
        SetAttributes(entry, parent, bytes);
    }

    private void AddFile(TarEntry entry, string path, int parent, byte[] name, CancellationToken cancellationToken)
    {
        const int NewFile = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive;
        var fd = FileCalls.OpenAt(parent, name, NewFile | OpenFlags.NoFollow, 0b110_000_000);
        if (fd == -Errno.EEXIST)
        {
            tree.Clear(path, parent, name);
            fd = FileCalls.OpenAt(parent, name, NewFile | OpenFlags.NoFollow, 0b110_000_000);
        }
        LinuxException.ThrowIfFailed(fd, "openat", entry.DisplayName);
        staged.PendingLinks.Remove(path);
        try
        {
            WriteData(entry, fd, cancellationToken);
            // New files belong to 0:0 here: the directories around them get their set-group-id bits only in the end.
            if (entry.UserId != 0 || entry.GroupId != 0)
                LinuxException.ThrowIfFailed(FileCalls.ChangeOwner(fd, entry.UserId, entry.GroupId), "fchown", entry.DisplayName);
            // After the owner, whose change clears set-user-id bits and file capabilities.
            LinuxException.ThrowIfFailed(FileCalls.ChangeMode(fd, entry.Mode & PermissionBits), "fchmod", entry.DisplayName);
            foreach (var (attribute, value) in Attributes(entry))
                Check(FileCalls.SetAttribute(fd, attribute, value), attribute, entry);
            LinuxException.ThrowIfFailed(FileCalls.SetTimes(fd, entry.ModifyTime, entry.ModifyTime), "futimens", entry.DisplayName);
        }
        finally
        {
            _ = FileCalls.Close(fd);
        }
        staged.Size += entry.Size;
    }

    private void WriteData(TarEntry entry, int fd, CancellationToken cancellationToken)
    {
        if (entry.Sparse is null)
        {
            for (var left = entry.Size; left > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var length = Fill((int)Math.Min(left, buffer.Length));
                LinuxException.ThrowIfFailed(FileCalls.Write(fd, buffer.AsSpan(0, length)), "write", entry.DisplayName);
                left -= length;
            }
            return;
        }
        LinuxException.ThrowIfFailed(FileCalls.Truncate(fd, entry.Size), "ftruncate", entry.DisplayName);
        foreach (var segment in entry.Sparse)
        {
            for (long done = 0; done < segment.Length;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var length = Fill((int)Math.Min(segment.Length - done, buffer.Length));
                LinuxException.ThrowIfFailed(FileCalls.WriteAt(fd, buffer.AsSpan(0, length), segment.Offset + done), "pwrite", entry.DisplayName);
                done += length;
            }
        }
    }

    private int Fill(int wanted)
    {
        var done = 0;
        while (done < wanted)
        {
            var length = reader.Read(buffer.AsSpan(done, wanted - done));
            if (length == 0)
                throw TarReader.Invalid("it is cut short in the middle of a file");
            done += length;
        }
        return done;
    }

    private void AddHardLink(TarEntry entry, string path, int parent, byte[] name)
    {
        var target = Paths.Normalize(entry.LinkName, "its target", entry.Name);
        if (target == path)
            throw Paths.Unsafe(entry.Name, "it is a hard link to itself");
        tree.Clear(path, parent, name);
        if (!tree.TryStatus(target, out var status))
        {
            // Below, perhaps: known when the layers below are.
            staged.PendingLinks[path] = target;
            return;
        }
        if (status.IsWhiteout)
            throw Paths.Unsafe(entry.Name, $"it is a hard link to '{TarEntry.ToText(target)}', which this layer deletes");
        if (status.IsDirectory)
            throw Paths.Unsafe(entry.Name, $"it is a hard link to the directory '{TarEntry.ToText(target)}'");
        LinuxException.ThrowIfFailed(FileCalls.LinkAt(tree.Directory(Paths.Parent(target), entry.Name), Paths.Bytes(Paths.Name(target)), parent, name), "linkat", entry.DisplayName);
    }

    private void Make(string path, int parent, byte[] name, Func<int> make, string operation)
    {
        var result = make();
        if (result == -Errno.EEXIST)
        {
            tree.Clear(path, parent, name);
            result = make();
        }
        LinuxException.ThrowIfFailed(result, operation, TarEntry.ToText(path));
        staged.PendingLinks.Remove(path);
    }

    private static void Describe(TarEntry entry, string path, int parent, byte[] name, bool setMode)
    {
        LinuxException.ThrowIfFailed(FileCalls.ChangeOwnerAt(parent, name, entry.UserId, entry.GroupId), "fchownat", TarEntry.ToText(path));
        // A link has no mode of its own.
        if (setMode)
            LinuxException.ThrowIfFailed(FileCalls.ChangeModeAt(parent, name, entry.Mode & PermissionBits), "fchmodat", TarEntry.ToText(path));
        SetAttributes(entry, parent, name);
        LinuxException.ThrowIfFailed(FileCalls.SetTimesAt(parent, name, entry.ModifyTime, entry.ModifyTime), "utimensat", TarEntry.ToText(path));
    }

    private static void SetAttributes(TarEntry entry, int parent, byte[] name)
    {
        foreach (var (attribute, value) in Attributes(entry))
            Check(FileCalls.SetAttributeAt(parent, name, attribute, value), attribute, entry);
    }

    // overlayfs' own attributes would let a layer point anywhere in those below it: they are never content.
    private static IEnumerable<KeyValuePair<string, byte[]>> Attributes(TarEntry entry) =>
        entry.ExtendedAttributes.Where(pair => !pair.Key.StartsWith("trusted.overlay.", StringComparison.Ordinal) && !pair.Key.StartsWith("user.overlay.", StringComparison.Ordinal));

    private static void Check(int result, string attribute, TarEntry entry)
    {
        // Labels of a security module that is not there, and user attributes on what cannot have any, mean nothing here.
        var meaningless = (result == -Errno.EOPNOTSUPP && attribute.StartsWith("security.", StringComparison.Ordinal) && attribute != "security.capability")
            || (result == -Errno.EPERM && attribute.StartsWith("user.", StringComparison.Ordinal) && entry.Type != TarEntryType.File && entry.Type != TarEntryType.Directory);
        if (result < 0 && !meaningless)
            throw new LinuxException(-result, $"setxattr {attribute}", entry.DisplayName);
    }
}
