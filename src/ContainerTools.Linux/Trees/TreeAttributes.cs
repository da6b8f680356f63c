using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>Extended attributes of whole trees.</summary>
public static class TreeAttributes
{
    /// <summary>Sets an attribute of a file, or of a directory and all in it. No symbolic link is followed, one gets the attribute itself; what vanishes meanwhile is passed over.</summary>
    /// <param name="path">The file or directory, absolute; not the root.</param>
    /// <param name="name">The attribute, with its NUL.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="LinuxException">One of the files takes none; those before it have the new value.</exception>
    public static void Set(string path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        using var parent = FileCalls.Open(Path.GetDirectoryName(path)!, OpenFlags.Path | OpenFlags.Directory);
        SetAt((int)parent.DangerousGetHandle(), PathBytes.Terminated(Path.GetFileName(path)), name, value);
    }

    private static void SetAt(int parent, byte[] file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int result = FileCalls.SetExtendedAttributeAt(parent, file, name, value);
        if (result == -Errno.ENOENT)
            return;
        LinuxException.ThrowIfFailed(result, "lsetxattr", Encoding.UTF8.GetString(file.AsSpan(0, file.Length - 1)));
        int directory = FileCalls.OpenAt(parent, file, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        if (directory < 0)
            return; // No directory.
        try
        {
            foreach (byte[] child in DirectoryNames.Read(directory))
                SetAt(directory, child, name, value);
        }
        finally
        {
            _ = FileCalls.Close(directory);
        }
    }
}
