namespace ContainerTools.Linux.Files;

/// <content>Reading, writing and syncing.</content>
public static unsafe partial class FileCalls
{
    private const uint SyncRangeWrite = 2;
    private const int SeekData = 3;
    private const int SeekHole = 4;

    /// <summary>read(2). Returns the number of bytes, 0 at the end.</summary>
    public static int Read(int fd, Span<byte> buffer)
    {
        fixed (byte* b = buffer)
        {
            long result;
            while ((result = Result(Libc.read(fd, b, buffer.Length))) == -Errno.EINTR)
            {
            }

            return (int)result;
        }
    }

    /// <summary>pread(2). Returns the number of bytes, 0 at the end.</summary>
    public static int ReadAt(int fd, Span<byte> buffer, long offset)
    {
        fixed (byte* b = buffer)
        {
            long result;
            while ((result = Result(Libc.pread(fd, b, buffer.Length, offset))) == -Errno.EINTR)
            {
            }

            return (int)result;
        }
    }

    /// <summary>write(2), repeated until all is written. Returns 0.</summary>
    public static int Write(int fd, ReadOnlySpan<byte> data)
    {
        fixed (byte* d = data)
        {
            int done = 0;
            while (done < data.Length)
            {
                long result = Result(Libc.write(fd, d + done, data.Length - done));
                if (result < 0 && result != -Errno.EINTR)
                {
                    return (int)result;
                }

                done += (int)Math.Max(result, 0);
            }
        }

        return 0;
    }

    /// <summary>write(2), once. Returns the number of bytes that were taken.</summary>
    public static int WriteSome(int fd, ReadOnlySpan<byte> data)
    {
        fixed (byte* d = data)
        {
            long result;
            while ((result = Result(Libc.write(fd, d, data.Length))) == -Errno.EINTR)
            {
            }

            return (int)result;
        }
    }

    /// <summary>pwrite(2), repeated until all is written. Returns 0.</summary>
    public static int WriteAt(int fd, ReadOnlySpan<byte> data, long offset)
    {
        fixed (byte* d = data)
        {
            int done = 0;
            while (done < data.Length)
            {
                long result = Result(Libc.pwrite(fd, d + done, data.Length - done, offset + done));
                if (result < 0 && result != -Errno.EINTR)
                {
                    return (int)result;
                }

                done += (int)Math.Max(result, 0);
            }
        }

        return 0;
    }

    /// <summary>ftruncate(2).</summary>
    public static int Truncate(int fd, long length)
    {
        int result;
        while ((result = Result(Libc.ftruncate(fd, length))) == -Errno.EINTR)
        {
        }

        return result;
    }

    /// <summary>lseek(2) with SEEK_DATA: where data begins at or after <paramref name="offset"/>; -ENXIO if there is none.</summary>
    public static long FindData(int fd, long offset) => Result((nint)Libc.lseek(fd, offset, SeekData));

    /// <summary>lseek(2) with SEEK_HOLE: where a hole (or the end) begins at or after <paramref name="offset"/>.</summary>
    public static long FindHole(int fd, long offset) => Result((nint)Libc.lseek(fd, offset, SeekHole));

    /// <summary>
    /// Copies bytes from one regular file to the same place in another, within the kernel where it can (copy_file_range(2)). Returns 0.
    /// </summary>
    public static int CopyRange(int source, int target, long offset, long length)
    {
        while (length > 0)
        {
            long from = offset, to = offset;
            long result = Result(Libc.copy_file_range(source, &from, target, &to, (nint)Math.Min(length, 1 << 30), 0));
            if (result is -Errno.EINVAL or -Errno.EXDEV or -Errno.ENOSYS or -Errno.EOPNOTSUPP)
            {
                return CopyByHand(source, target, offset, length);
            }

            if (result <= 0 && result != -Errno.EINTR)
            {
                return (int)result;
            }

            offset += Math.Max(result, 0);
            length -= Math.Max(result, 0);
        }

        return 0;
    }

    /// <summary>fsync(2).</summary>
    public static int Sync(int fd) => Result(Libc.fsync(fd));

    /// <summary>syncfs(2): everything written to the descriptor's file system is on disk afterwards; write-back errors are reported.</summary>
    public static int SyncFileSystem(int fd) => Result(Libc.syncfs(fd));

    /// <summary>sync_file_range(2): starts writing a file's dirty pages and does not wait. It promises nothing; it spares a later sync.</summary>
    public static int StartWriteBack(int fd) => Result(Libc.sync_file_range(fd, 0, 0, SyncRangeWrite));

    private static int CopyByHand(int source, int target, long offset, long length)
    {
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            while (length > 0)
            {
                int count = ReadAt(source, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length)), offset);
                if (count <= 0)
                {
                    return count;
                }

                int result = WriteAt(target, buffer.AsSpan(0, count), offset);
                if (result < 0)
                {
                    return result;
                }

                offset += count;
                length -= count;
            }

            return 0;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
