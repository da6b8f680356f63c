using System.Text;

namespace ContainerTools.Linux.Files;

/// <summary>Between strings and the NUL-terminated bytes that <see cref="FileCalls"/> takes.</summary>
public static class PathBytes
{
    /// <summary>The path in UTF-8 with a NUL at its end.</summary>
    public static byte[] Terminated(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A path cannot contain NUL.", nameof(path));
        }

        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return bytes;
    }

    /// <summary>The bytes with a NUL at their end.</summary>
    public static byte[] Terminated(ReadOnlySpan<byte> path)
    {
        byte[] bytes = new byte[path.Length + 1];
        path.CopyTo(bytes);
        return bytes;
    }

    /// <summary>Takes the first component off a path: what stands before its first slash, empty where slashes follow one another.</summary>
    /// <param name="path">The path; afterwards what is behind that slash.</param>
    public static ReadOnlySpan<byte> TakeComponent(ref ReadOnlySpan<byte> path)
    {
        int slash = path.IndexOf((byte)'/');
        var component = slash < 0 ? path : path[..slash];
        path = slash < 0 ? default : path[(slash + 1)..];
        return component;
    }

    /// <summary>The bytes as text for messages: what is not UTF-8 shows as replacement characters, control characters as <c>?</c>.</summary>
    public static string Display(ReadOnlySpan<byte> path)
    {
        if (!path.IsEmpty && path[^1] == 0)
        {
            path = path[..^1];
        }

        char[] text = Encoding.UTF8.GetString(path).ToCharArray();
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
            {
                text[i] = '?';
            }
        }

        return new string(text);
    }
}
