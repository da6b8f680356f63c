using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>A directory of a layer that is being unpacked.</summary>
internal sealed class StagedDirectory(byte[] path, StagedDirectory? parent)
{
    /// <summary>Its path in the layer: through no symbolic link, without leading slash or NUL; empty for the root.</summary>
    public byte[] Path { get; } = path;

    /// <summary>The directory it is in; null for the root.</summary>
    public StagedDirectory? Parent { get; } = parent;

    /// <summary>The directories in it.</summary>
    public List<StagedDirectory>? Children { get; set; }

    /// <summary>Its descriptor, or -1 while it is not open.</summary>
    public int Descriptor { get; set; } = -1;

    /// <summary>Whether it was used since the table of open ones last looked for one to close.</summary>
    public bool Used { get; set; }

    /// <summary>Whether the archive has an entry for it; otherwise only paths that go through it.</summary>
    public bool IsExplicit { get; set; }

    /// <summary>Whether it hides what lower layers have in it.</summary>
    public bool IsOpaque { get; set; }

    /// <summary>Whether the layer also has a whiteout of it, so that it has nothing to do with what is of that name below.</summary>
    public bool IsFresh { get; set; }

    /// <summary>Whether it was replaced by something else.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>Whether files in it take over its group.</summary>
    public bool HasSetGroup { get; set; }

    /// <summary>Times to give it when nothing in it changes any more.</summary>
    public FileTime AccessTime { get; set; }

    /// <summary>Times to give it when nothing in it changes any more.</summary>
    public FileTime ModifyTime { get; set; }

    /// <summary>Attributes to give it at the end, since files made in it would inherit from them.</summary>
    public List<TarExtendedAttribute>? DeferredAttributes { get; set; }

    /// <summary>The last component with a NUL.</summary>
    public byte[] NameTerminated => PathBytes.Terminated(Path.AsSpan(Path.AsSpan().LastIndexOf((byte)'/') + 1));

    /// <summary>Whether what lower layers have at this place does not show.</summary>
    public bool HidesBelow
    {
        get
        {
            for (var directory = this; directory is not null; directory = directory.Parent)
            {
                if (directory.IsOpaque || directory.IsFresh)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Whether its owner, mode and times come from what is of that name below: it is only implied, and that shows.</summary>
    public bool NeedsBelow => !IsExplicit && !IsFresh && Parent is { HidesBelow: false };

    /// <summary>The path of a name in it.</summary>
    public byte[] PathOf(ReadOnlySpan<byte> name)
    {
        if (!name.IsEmpty && name[^1] == 0)
        {
            name = name[..^1];
        }

        byte[] path = new byte[Path.Length == 0 ? name.Length : Path.Length + 1 + name.Length];
        Path.CopyTo(path, 0);
        if (Path.Length > 0)
        {
            path[Path.Length] = (byte)'/';
        }

        name.CopyTo(path.AsSpan(path.Length - name.Length));
        return path;
    }
}
