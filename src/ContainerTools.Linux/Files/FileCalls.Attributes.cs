namespace ContainerTools.Linux.Files;

/// <content>Extended attributes (xattr(7)).</content>
public static unsafe partial class FileCalls
{
    /// <summary>fsetxattr(2).</summary>
    public static int SetExtendedAttribute(int fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        fixed (byte* n = Terminated(name))
        fixed (byte* v = value)
        {
            return Result(Libc.fsetxattr(fd, n, v, value.Length, 0));
        }
    }

    /// <summary>fgetxattr(2). Returns the value's length; with an empty buffer only that.</summary>
    public static int GetExtendedAttribute(int fd, ReadOnlySpan<byte> name, Span<byte> value)
    {
        fixed (byte* n = Terminated(name))
        fixed (byte* v = value)
        {
            return (int)Result(Libc.fgetxattr(fd, n, v, value.Length));
        }
    }

    /// <summary>flistxattr(2): names, each ending in NUL. Returns the length; with an empty buffer only that.</summary>
    public static int ListExtendedAttributes(int fd, Span<byte> names)
    {
        fixed (byte* n = names)
        {
            return (int)Result(Libc.flistxattr(fd, n, names.Length));
        }
    }

    /// <summary>fremovexattr(2).</summary>
    public static int RemoveExtendedAttribute(int fd, ReadOnlySpan<byte> name)
    {
        fixed (byte* n = Terminated(name))
        {
            return Result(Libc.fremovexattr(fd, n));
        }
    }

    /// <summary>
    /// lsetxattr(2) on a name in an open directory; a symbolic link gets it itself. For what cannot be opened: links, devices, fifos.
    /// </summary>
    public static int SetExtendedAttributeAt(int directory, ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        fixed (byte* p = ViaProc(directory, path))
        fixed (byte* n = Terminated(name))
        fixed (byte* v = value)
        {
            return Result(Libc.lsetxattr(p, n, v, value.Length, 0));
        }
    }

    /// <summary>lgetxattr(2) on a name in an open directory. Returns the value's length; with an empty buffer only that.</summary>
    public static int GetExtendedAttributeAt(int directory, ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, Span<byte> value)
    {
        fixed (byte* p = ViaProc(directory, path))
        fixed (byte* n = Terminated(name))
        fixed (byte* v = value)
        {
            return (int)Result(Libc.lgetxattr(p, n, v, value.Length));
        }
    }

    /// <summary>llistxattr(2) on a name in an open directory. Returns the length; with an empty buffer only that.</summary>
    public static int ListExtendedAttributesAt(int directory, ReadOnlySpan<byte> path, Span<byte> names)
    {
        fixed (byte* p = ViaProc(directory, path))
        fixed (byte* n = names)
        {
            return (int)Result(Libc.llistxattr(p, n, names.Length));
        }
    }

    /// <summary>lremovexattr(2) on a name in an open directory.</summary>
    public static int RemoveExtendedAttributeAt(int directory, ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
    {
        fixed (byte* p = ViaProc(directory, path))
        fixed (byte* n = Terminated(name))
        {
            return Result(Libc.lremovexattr(p, n));
        }
    }

    // The *at calls for extended attributes came with Linux 6.13; before, the directory's magic link in /proc is the way to a name below a descriptor.
    private static byte[] ViaProc(int directory, ReadOnlySpan<byte> path)
    {
        var name = Terminated(path);
        byte[] prefix = System.Text.Encoding.ASCII.GetBytes($"/proc/self/fd/{directory}/");
        byte[] whole = new byte[prefix.Length + name.Length];
        prefix.CopyTo(whole, 0);
        name.CopyTo(whole.AsSpan(prefix.Length));
        return whole;
    }
}
