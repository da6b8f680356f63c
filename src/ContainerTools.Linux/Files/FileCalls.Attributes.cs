using System.Text;

namespace ContainerTools.Linux.Files;

/// <content>Extended attributes (xattr(7)). Names are ASCII, values bytes.</content>
public static unsafe partial class FileCalls
{
    /// <summary>fsetxattr(2). Returns 0.</summary>
    public static int SetAttribute(int fd, string name, ReadOnlySpan<byte> value)
    {
        fixed (byte* n = AttributeName(name))
        fixed (byte* v = value)
            return Result(Libc.fsetxattr(fd, n, v, value.Length, 0));
    }

    /// <summary>lsetxattr(2) on a name in a directory, for what cannot be opened: links, devices, FIFOs. Returns 0.</summary>
    public static int SetAttributeAt(int directory, ReadOnlySpan<byte> path, string name, ReadOnlySpan<byte> value)
    {
        fixed (byte* p = ThroughDescriptor(directory, path))
        fixed (byte* n = AttributeName(name))
        fixed (byte* v = value)
            return Result(Libc.lsetxattr(p, n, v, value.Length, 0));
    }

    /// <summary>lgetxattr(2) on a name in a directory. Returns the value, or null where there is none.</summary>
    public static byte[]? GetAttributeAt(int directory, ReadOnlySpan<byte> path, string name)
    {
        fixed (byte* p = ThroughDescriptor(directory, path))
        fixed (byte* n = AttributeName(name))
        {
            var length = (int)Libc.lgetxattr(p, n, null, 0);
            if (length < 0)
                return null;
            var value = new byte[length];
            fixed (byte* v = value)
                length = (int)Libc.lgetxattr(p, n, v, length);
            return length < 0 ? null : value[..length];
        }
    }

    /// <summary>llistxattr(2) on a name in a directory: the attributes' names; none where the file system has none.</summary>
    public static IReadOnlyList<string> ListAttributesAt(int directory, ReadOnlySpan<byte> path)
    {
        fixed (byte* p = ThroughDescriptor(directory, path))
        {
            var length = (int)Libc.llistxattr(p, null, 0);
            if (length <= 0)
                return [];
            var list = new byte[length];
            fixed (byte* l = list)
                length = (int)Libc.llistxattr(p, l, length);
            return length <= 0 ? [] : Encoding.UTF8.GetString(list, 0, length).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    private static byte[] AttributeName(string name) => Encoding.UTF8.GetBytes(name + '\0');

    // There is no lsetxattrat before Linux 6.13; through the magic link of its directory a name is reached without naming the way again.
    private static byte[] ThroughDescriptor(int directory, ReadOnlySpan<byte> path)
    {
        if (directory == WorkingDirectory)
            return path.ToArray();
        var prefix = Encoding.ASCII.GetBytes($"/proc/self/fd/{directory}/");
        var whole = new byte[prefix.Length + path.Length];
        prefix.CopyTo(whole, 0);
        path.CopyTo(whole.AsSpan(prefix.Length));
        return whole;
    }
}
