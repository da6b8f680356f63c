using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Networks;

/// <summary>
/// A running container's /etc/hosts, changed in place: it is mounted as a file, so a new inode would not be seen. Lines that the container wrote stay.
/// </summary>
internal static class HostsFile
{
    private const int MaximumSize = 1 << 20;

    /// <summary>The names by which a host knows itself: with its domain, and the short one (hosts(5)).</summary>
    public static IEnumerable<string> NamesOf(string hostName) => hostName.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? [hostName, hostName[..dot]] : [hostName];

    /// <summary>Takes lines out and adds others. A file that is not there, or that the container made huge, is left alone.</summary>
    public static void Change(string path, IReadOnlyCollection<string> remove, IReadOnlyCollection<string> add)
    {
        using var file = FileCalls.OpenIfExists(path, OpenFlags.ReadWrite | OpenFlags.NoFollow);
        if (file is null)
            return;
        int fd = (int)file.DangerousGetHandle();
        if (FileCalls.Status(fd, out var status) < 0 || status.Size > MaximumSize)
            return;
        byte[] content = new byte[(int)status.Size];
        int length = FileCalls.ReadAt(fd, content, 0);
        if (length < 0)
            return;
        string text = Encoding.UTF8.GetString(content, 0, length);
        var result = new StringBuilder(text.Length + 256);
        foreach (string line in text.Split('\n'))
        {
            if (!remove.Contains(line))
                result.Append(line).Append('\n');
        }
        // Split gives an empty line behind the last newline.
        result.Length--;
        if (result.Length > 0 && result[^1] != '\n')
            result.Append('\n');
        foreach (string line in add)
            result.Append(line).Append('\n');
        byte[] changed = Encoding.UTF8.GetBytes(result.ToString());
        if (changed.AsSpan().SequenceEqual(content.AsSpan(0, length)))
            return;
        if (FileCalls.WriteAt(fd, changed, 0) >= 0)
            _ = FileCalls.Truncate(fd, changed.Length);
    }
}
