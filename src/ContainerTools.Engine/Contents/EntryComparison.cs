using ContainerTools.Engine.Layers;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Contents;

/// <summary>Compares entries of the same name in two directories. Not for several threads at once.</summary>
internal sealed class EntryComparison
{
    private readonly ExtendedAttributeReader _attributes = new();
    private byte[]? _left;
    private byte[]? _right;

    /// <summary>Whether two entries are not the same: kind, owner, mode, content and its time, extended attributes. A directory's content and time do not count.</summary>
    /// <param name="layer">The directory of the one.</param>
    /// <param name="image">The directory of the other.</param>
    /// <param name="name">Their name, ending in NUL.</param>
    /// <param name="now">What the one is.</param>
    /// <param name="old">What the other is.</param>
    public bool Differs(int layer, int image, byte[] name, FileStatus now, FileStatus old)
    {
        if (now.Type != old.Type || now.Mode != old.Mode || now.UserId != old.UserId || now.GroupId != old.GroupId)
            return true;
        bool differs = now.Type switch
        {
            FileType.Directory => false,
            FileType.Regular => now.Size != old.Size || now.ModifyTime != old.ModifyTime || ContentDiffers(layer, image, name),
            FileType.SymbolicLink => now.Size != old.Size || !Link(layer, name).AsSpan().SequenceEqual(Link(image, name)),
            _ => now.NodeMajor != old.NodeMajor || now.NodeMinor != old.NodeMinor,
        };
        return differs || _attributes.Differ(layer, name, image, name);
    }

    /// <summary>Whether overlayfs shows nothing of what is below in a directory of a layer.</summary>
    public static bool IsOpaque(int directory)
    {
        Span<byte> value = stackalloc byte[16];
        return FileCalls.GetExtendedAttribute(directory, OverlayAttributes.Opaque, value) == 1 && value[0] == 'y';
    }

    /// <summary>The names in a directory, each ending in NUL, in the order of their bytes.</summary>
    public static List<byte[]> Names(int directory)
    {
        List<byte[]> names = [];
        using var entries = new DirectoryEntries(directory);
        while (entries.MoveNext())
            names.Add(entries.Name.ToArray());
        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    /// <summary>A symbolic link's target.</summary>
    public static byte[] Link(int directory, byte[] name)
    {
        byte[] target = new byte[4096];
        return target[..Math.Clamp(FileCalls.ReadLinkAt(directory, name, target), 0, target.Length)];
    }

    // Seldom asked: it was copied up and kept its size and its time.
    private bool ContentDiffers(int layer, int image, byte[] name)
    {
        int one = FileCalls.OpenAt(layer, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        int other = FileCalls.OpenAt(image, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        try
        {
            if (one < 0 || other < 0)
                return true;
            byte[] left = _left ??= new byte[64 * 1024], right = _right ??= new byte[64 * 1024];
            for (long offset = 0; ;)
            {
                int count = FileCalls.ReadAt(one, left, offset), same = FileCalls.ReadAt(other, right, offset);
                if (count != same || count < 0 || !left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
                    return true;
                if (count == 0)
                    return false;
                offset += count;
            }
        }
        finally
        {
            _ = FileCalls.Close(one);
            _ = FileCalls.Close(other);
        }
    }
}
