using ContainerTools.Engine.Layers;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>Writes a directory's content as a tar archive: owners, modes, times, links, device nodes and extended attributes. Sockets are left out, as tar has none.</summary>
/// <param name="writer">Takes the entries.</param>
/// <param name="progress">Told how many bytes of content were written.</param>
/// <param name="cancellationToken">Ends the work with an exception.</param>
internal sealed class TreeArchive(TarWriter writer, Action<long>? progress, CancellationToken cancellationToken)
{
    private const int MaximumDepth = 1000;

    private readonly Dictionary<(ulong Device, ulong Inode), byte[]> _links = [];
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly byte[] _names = new byte[64 * 1024];
    private readonly byte[] _value = new byte[64 * 1024];
    private long _written;

    /// <summary>Writes what is in a directory, by name.</summary>
    /// <param name="directory">The directory, open for reading.</param>
    public void Write(int directory) => WriteContent(directory, [], 0);

    private void WriteContent(int directory, byte[] path, int depth)
    {
        if (depth > MaximumDepth)
            throw new ContainerToolsException("TreeTooDeep", ErrorKind.InvalidData, $"There are more than {MaximumDepth} directories in one another.");
        List<byte[]> names = [];
        using (var entries = new DirectoryEntries(directory))
        {
            while (entries.MoveNext())
                names.Add(entries.Name.ToArray());
        }
        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        foreach (byte[] name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Gone meanwhile: the container may run.
            if (FileCalls.StatusAt(directory, name, out var status) >= 0)
                WriteEntry(directory, name, [.. path, .. name.AsSpan(0, name.Length - 1)], status, depth);
        }
    }

    private void WriteEntry(int directory, byte[] name, byte[] path, FileStatus status, int depth)
    {
        var entry = new TarEntry
        {
            Name = path,
            Mode = status.Mode,
            UserId = status.UserId,
            GroupId = status.GroupId,
            ModifyTime = status.ModifyTime,
            ExtendedAttributes = Attributes(directory, name),
        };
        switch (status.Type)
        {
            case FileType.Directory:
                int child = FileCalls.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
                if (child < 0)
                    return;
                try
                {
                    entry.Kind = TarEntryKind.Directory;
                    writer.WriteEntry(entry);
                    WriteContent(child, [.. path, (byte)'/'], depth + 1);
                }
                finally
                {
                    _ = FileCalls.Close(child);
                }
                return;
            case FileType.Regular when status.LinkCount > 1 && _links.TryGetValue((status.Device, status.Inode), out byte[]? first):
                entry.Kind = TarEntryKind.HardLink;
                entry.LinkName = first;
                entry.ExtendedAttributes = null;
                break;
            case FileType.Regular:
                WriteFile(directory, name, path, entry);
                return;
            case FileType.SymbolicLink:
                byte[] target = new byte[4096];
                entry.Kind = TarEntryKind.SymbolicLink;
                entry.LinkName = target.AsMemory(0, Math.Clamp(FileCalls.ReadLinkAt(directory, name, target), 0, target.Length));
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
        writer.WriteEntry(entry);
    }

    private void WriteFile(int directory, byte[] name, byte[] path, TarEntry entry)
    {
        int fd = FileCalls.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        if (fd < 0)
            return;
        try
        {
            LinuxException.ThrowIfFailed(FileCalls.Status(fd, out var status), "stat", PathBytes.Display(path));
            if (status.Type != FileType.Regular)
                return;
            entry.Kind = TarEntryKind.File;
            entry.Size = status.Size;
            writer.WriteEntry(entry);
            long left = status.Size;
            while (left > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = LinuxException.ThrowIfFailed(FileCalls.Read(fd, _buffer.AsSpan(0, (int)Math.Min(left, _buffer.Length))), "read", PathBytes.Display(path));
                if (count == 0)
                    break;
                writer.Write(_buffer.AsSpan(0, count));
                left -= count;
                progress?.Invoke(_written += count);
            }
            // It became shorter meanwhile, and its header stands.
            writer.WriteZeros(left);
            if (status.LinkCount > 1)
                _links[(status.Device, status.Inode)] = path;
        }
        finally
        {
            _ = FileCalls.Close(fd);
        }
    }

    private List<TarExtendedAttribute>? Attributes(int directory, byte[] name)
    {
        int length = FileCalls.ListExtendedAttributesAt(directory, name, _names);
        if (length <= 0)
            return null;
        var attributes = new List<TarExtendedAttribute>();
        for (var rest = _names.AsSpan(0, length); !rest.IsEmpty; rest = rest[(rest.IndexOf((byte)0) + 1)..])
        {
            var attribute = rest[..(rest.IndexOf((byte)0) + 1)];
            if (OverlayAttributes.IsOverlays(attribute))
                continue;
            int size = FileCalls.GetExtendedAttributeAt(directory, name, attribute, _value);
            if (size >= 0)
                attributes.Add(new(attribute[..^1].ToArray(), _value[..size]));
        }
        return attributes.Count > 0 ? attributes : null;
    }
}
