using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// One entry of a tar archive. Names are bytes, as the archive and the kernel have them. A reader hands out the same object again and again: its names
/// are valid until the reader moves on.
/// </summary>
public sealed class TarEntry
{
    /// <summary>What the entry describes.</summary>
    public TarEntryKind Kind { get; set; }

    /// <summary>The type flag as it stands in the header.</summary>
    public byte TypeFlag { get; set; }

    /// <summary>The name as written, without NUL: it may begin with <c>./</c> and, for a directory, end in <c>/</c>.</summary>
    public ReadOnlyMemory<byte> Name { get; set; }

    /// <summary>The target of a symbolic or hard link, without NUL.</summary>
    public ReadOnlyMemory<byte> LinkName { get; set; }

    /// <summary>The file's length in bytes; for a sparse file with its holes. 0 for all but regular files.</summary>
    public long Size { get; set; }

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public uint Mode { get; set; }

    /// <summary>The owner's number.</summary>
    public uint UserId { get; set; }

    /// <summary>The group's number.</summary>
    public uint GroupId { get; set; }

    /// <summary>When the content last changed.</summary>
    public FileTime ModifyTime { get; set; }

    /// <summary>When it was last read, if the archive says.</summary>
    public FileTime? AccessTime { get; set; }

    /// <summary>A device's major number.</summary>
    public uint DeviceMajor { get; set; }

    /// <summary>A device's minor number.</summary>
    public uint DeviceMinor { get; set; }

    /// <summary>Extended attributes; null when there are none.</summary>
    public IReadOnlyList<TarExtendedAttribute>? ExtendedAttributes { get; set; }

    /// <summary>Whether the file has holes that the archive leaves out.</summary>
    public bool IsSparse { get; set; }

    /// <summary>The name as text, for messages and tests: what is not UTF-8 shows as replacement characters.</summary>
    public string NameText => PathBytes.Display(Name.Span);

    /// <summary>The link's target as text.</summary>
    public string LinkText => PathBytes.Display(LinkName.Span);

    /// <summary>Sets the name from text, in UTF-8.</summary>
    public void SetName(string name) => Name = Encoding.UTF8.GetBytes(name);

    /// <summary>Sets the link's target from text, in UTF-8.</summary>
    public void SetLinkName(string name) => LinkName = Encoding.UTF8.GetBytes(name);

    internal void Reset()
    {
        Kind = TarEntryKind.Unknown;
        TypeFlag = 0;
        Name = default;
        LinkName = default;
        Size = 0;
        Mode = 0;
        UserId = 0;
        GroupId = 0;
        ModifyTime = default;
        AccessTime = null;
        DeviceMajor = 0;
        DeviceMinor = 0;
        ExtendedAttributes = null;
        IsSparse = false;
    }
}
