using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Files;

/// <summary>
/// Reads an open directory's names as bytes (getdents64(2)), without <c>.</c> and <c>..</c>. The descriptor's position moves: read a directory once per open.
/// </summary>
public unsafe ref struct DirectoryEntries
{
    private const int BufferSize = 32 * 1024;
    private const int NameOffset = 19; // d_ino 8, d_off 8, d_reclen 2, d_type 1

    private readonly int _fd;
    private byte[]? _buffer;
    private int _filled;
    private int _next;

    /// <summary>Begins reading.</summary>
    /// <param name="directory">A directory open for reading, not by O_PATH.</param>
    public DirectoryEntries(int directory)
    {
        _fd = directory;
        _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    }

    /// <summary>The current name with its NUL; valid until the next <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The current entry's type; <see cref="FileType.None"/> where the file system does not say.</summary>
    public FileType Type { get; private set; }

    /// <summary>Goes to the next name.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="LinuxException">The directory cannot be read.</exception>
    public bool MoveNext()
    {
        ObjectDisposedException.ThrowIf(_buffer is null, typeof(DirectoryEntries));
        while (true)
        {
            if (_next >= _filled)
            {
                fixed (byte* b = _buffer)
                {
                    nint count = Libc.getdents64(_fd, b, BufferSize);
                    if (count < 0 && Marshal.GetLastPInvokeError() == Errno.ENOENT)
                    {
                        return false; // Somebody removed it meanwhile, so there is nothing in it.
                    }

                    if (count < 0)
                    {
                        throw new LinuxException(Marshal.GetLastPInvokeError(), "getdents64");
                    }

                    if (count == 0)
                    {
                        return false;
                    }

                    _filled = (int)count;
                    _next = 0;
                }
            }

            var record = _buffer.AsSpan(_next, _filled - _next);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(record[16..]);
            _next += length;
            var name = record[NameOffset..length];
            name = name[..(name.IndexOf((byte)0) + 1)];
            if (name is [(byte)'.', 0] or [(byte)'.', (byte)'.', 0])
            {
                continue;
            }

            Name = name;
            Type = (FileType)(record[18] << 12); // DT_* are st_mode's type bits shifted down.
            return true;
        }
    }

    /// <summary>Gives the buffer back; the directory stays open.</summary>
    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
