using ContainerTools.Engine.Layers;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>Writes files as entries of a tar archive: owners, modes, times, links, device nodes and extended attributes. Names of one file become hard links.</summary>
/// <param name="writer">Takes the entries.</param>
/// <param name="latest">Later times are written as this one; null leaves them as they are.</param>
/// <param name="progress">Told how many bytes of content were written.</param>
/// <param name="cancellationToken">Ends the work with an exception.</param>
internal sealed class EntryArchive(TarWriter writer, FileTime? latest, Action<long>? progress, CancellationToken cancellationToken)
{
    private readonly Dictionary<(ulong Device, ulong Inode), byte[]> _links = [];
    private readonly byte[] _buffer = new byte[256 * 1024];
    private long _written;

    /// <summary>Changes what entries say of owner and mode; null leaves it as it is.</summary>
    public Func<FileStatus, FileStatus>? Change { get; init; }

    /// <summary>The owners that the files have for the container that they are of, where these are not those on disk; null leaves them as they are.</summary>
    public IdMapping? Ids { get; init; }

    /// <summary>Leaves extended attributes out.</summary>
    public bool WithoutAttributes { get; init; }

    /// <summary>How many entries were written.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes of content of the files that were written.</summary>
    public long Size { get; private set; }

    /// <summary>Writes an entry for the root directory itself.</summary>
    public void WriteRoot(EntryDirectory directory)
    {
        if (directory.Status(EntryDirectory.Self, out var status) >= 0)
            Write(directory, EntryDirectory.Self, "./"u8.ToArray(), status);
    }

    /// <summary>Writes an entry: a directory without what is in it. A socket, and what has gone meanwhile, is left out.</summary>
    /// <param name="directory">The directory it is in.</param>
    /// <param name="name">Its name, ending in NUL.</param>
    /// <param name="path">What the archive calls it.</param>
    /// <param name="status">What it is.</param>
    /// <exception cref="LinuxException">It may not be read.</exception>
    public void Write(EntryDirectory directory, byte[] name, byte[] path, FileStatus status) => Write(directory, name, path, status, Change?.Invoke(status) ?? status, !WithoutAttributes);

    /// <summary>The same, whatever <see cref="Change"/> and <see cref="WithoutAttributes"/> say.</summary>
    public void WriteAsIs(EntryDirectory directory, byte[] name, byte[] path, FileStatus status) => Write(directory, name, path, status, status, withAttributes: true);

    /// <summary>Writes an empty file, which says something by its name.</summary>
    public void WriteMarker(byte[] path) => Begin(new TarEntry { Kind = TarEntryKind.File, Name = path });

    /// <summary>Writes a directory that is nowhere yet.</summary>
    public void WriteNewDirectory(byte[] path, uint mode, uint user, uint group, FileTime time) =>
        Begin(new TarEntry { Kind = TarEntryKind.Directory, Name = path, Mode = mode, UserId = user, GroupId = group, ModifyTime = Clamp(time) });

    /// <summary>Writes a file that is nowhere yet.</summary>
    public void WriteNewFile(byte[] path, ReadOnlySpan<byte> content, uint mode, uint user, uint group, FileTime time)
    {
        Begin(new TarEntry { Kind = TarEntryKind.File, Name = path, Size = content.Length, Mode = mode, UserId = user, GroupId = group, ModifyTime = Clamp(time) });
        writer.Write(content);
    }

    /// <summary>Writes an entry of another archive, under another name.</summary>
    /// <param name="source">The archive, at the entry.</param>
    /// <param name="path">The name.</param>
    /// <param name="link">A hard link's target, under its other name; null for anything else.</param>
    /// <param name="owner">The owner, if not the entry's own.</param>
    public void WriteFrom(TarReader source, byte[] path, byte[]? link, (uint User, uint Group)? owner)
    {
        var old = source.Entry;
        Begin(new TarEntry
        {
            Kind = old.Kind,
            Name = path,
            LinkName = link ?? old.LinkName,
            Size = old.Size,
            Mode = old.Mode,
            UserId = owner?.User ?? old.UserId,
            GroupId = owner?.Group ?? old.GroupId,
            ModifyTime = Clamp(old.ModifyTime),
            DeviceMajor = old.DeviceMajor,
            DeviceMinor = old.DeviceMinor,
            ExtendedAttributes = old.ExtendedAttributes,
        });
        if (old.Kind != TarEntryKind.File)
            return;
        long end = 0;
        while (source.ReadPiece(out long offset, out var data))
        {
            writer.WriteZeros(offset - end);
            writer.Write(data);
            end = offset + data.Length;
        }
        writer.WriteZeros(old.Size - end);
    }

    private void Write(EntryDirectory directory, byte[] name, byte[] path, FileStatus status, FileStatus shown, bool withAttributes)
    {
        shown = Ids?.Inside(shown) ?? shown;
        var entry = new TarEntry
        {
            Name = path,
            Mode = shown.Mode,
            UserId = shown.UserId,
            GroupId = shown.GroupId,
            ModifyTime = Clamp(status.ModifyTime),
        };
        if (!status.IsDirectory && status.LinkCount > 1 && _links.TryGetValue((status.Device, status.Inode), out byte[]? first))
        {
            entry.Kind = TarEntryKind.HardLink;
            entry.LinkName = first;
            Begin(entry);
            return;
        }
        switch (status.Type)
        {
            case FileType.Directory:
                entry.Kind = TarEntryKind.Directory;
                break;
            case FileType.Regular:
                // Half of what some trees hold is empty, and need not be opened.
                if (status.Size == 0)
                {
                    entry.Kind = TarEntryKind.File;
                    break;
                }
                WriteFile(directory, name, path, entry, withAttributes);
                return;
            case FileType.SymbolicLink:
                entry.Kind = TarEntryKind.SymbolicLink;
                entry.LinkName = directory.Link(name);
                if (entry.LinkName.IsEmpty)
                    return;
                break;
            case FileType.Fifo:
                entry.Kind = TarEntryKind.Fifo;
                break;
            case FileType.CharacterDevice or FileType.BlockDevice:
                entry.Kind = status.Type == FileType.BlockDevice ? TarEntryKind.BlockDevice : TarEntryKind.CharacterDevice;
                entry.DeviceMajor = status.NodeMajor;
                entry.DeviceMinor = status.NodeMinor;
                break;
            default:
                return;
        }
        entry.ExtendedAttributes = withAttributes ? Attributes(directory, name) : null;
        Begin(entry);
        Remember(path, status);
    }

    private void WriteFile(EntryDirectory directory, byte[] name, byte[] path, TarEntry entry, bool withAttributes)
    {
        int error = directory.TryOpenFile(name, out var file);
        if (file is null && error is -Errno.ENOENT or -Errno.ELOOP or -Errno.ENXIO)
            return;
        if (file is null)
            throw new LinuxException(-error, "open", PathBytes.Display(path));
        using (file)
        {
            int fd = (int)file.DangerousGetHandle();
            LinuxException.ThrowIfFailed(FileCalls.Status(fd, out var status), "stat", PathBytes.Display(path));
            if (status.Type != FileType.Regular)
                return;
            entry.Kind = TarEntryKind.File;
            entry.Size = status.Size;
            entry.ExtendedAttributes = withAttributes ? Attributes(directory, name) : null;
            Begin(entry);
            WriteContent(fd, path, status);
            Remember(path, status);
        }
    }

    private void WriteContent(int fd, byte[] path, FileStatus status)
    {
        bool sparse = status.Blocks * 512 < status.Size;
        long offset = 0, dataEnd = sparse ? 0 : status.Size;
        while (offset < status.Size)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (offset >= dataEnd)
            {
                // A hole need not be read.
                long data = FileCalls.FindData(fd, offset);
                data = data < 0 ? status.Size : Math.Min(data, status.Size);
                writer.WriteZeros(data - offset);
                offset = data;
                long hole = offset < status.Size ? FileCalls.FindHole(fd, offset) : status.Size;
                dataEnd = hole < 0 ? status.Size : Math.Min(hole, status.Size);
                continue;
            }
            int count = LinuxException.ThrowIfFailed(
                FileCalls.ReadAt(fd, _buffer.AsSpan(0, (int)Math.Min(dataEnd - offset, _buffer.Length)), offset), "read", PathBytes.Display(path));
            if (count == 0)
                break;
            writer.Write(_buffer.AsSpan(0, count));
            offset += count;
            progress?.Invoke(_written += count);
        }
        // It became shorter meanwhile, and its header stands.
        writer.WriteZeros(status.Size - offset);
    }

    private List<TarExtendedAttribute>? Attributes(EntryDirectory directory, byte[] name)
    {
        var attributes = directory.Attributes(name);
        return Ids is null ? attributes : attributes?.ConvertAll(Ids.Inside);
    }

    private void Remember(byte[] path, FileStatus status)
    {
        if (status.LinkCount > 1 && !status.IsDirectory)
            _links[(status.Device, status.Inode)] = path;
    }

    private void Begin(TarEntry entry)
    {
        Count++;
        Size += entry.Kind == TarEntryKind.File ? entry.Size : 0;
        writer.WriteEntry(entry);
    }

    private FileTime Clamp(FileTime time) => latest is { } end && (time.Seconds > end.Seconds || time.Seconds == end.Seconds && time.Nanoseconds > end.Nanoseconds) ? end : time;
}
