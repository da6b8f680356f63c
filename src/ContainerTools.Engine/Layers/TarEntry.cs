using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// One entry of a tar archive, with the meaning of its extensions applied. Names are bytes on disk, not text: they are kept here one byte a character
/// (Latin-1), so that nothing is lost; <see cref="DisplayName"/> is for people.
/// </summary>
public sealed class TarEntry
{
    /// <summary>The name as the archive has it, one byte a character.</summary>
    public string Name { get; set; } = "";

    /// <summary>What it is.</summary>
    public TarEntryType Type { get; set; } = TarEntryType.File;

    /// <summary>Permission bits with set-user-id, set-group-id and sticky, 12 bits.</summary>
    public uint Mode { get; set; }

    /// <summary>The owner.</summary>
    public uint UserId { get; set; }

    /// <summary>The group.</summary>
    public uint GroupId { get; set; }

    /// <summary>The file's size in bytes, holes included; 0 for anything but files.</summary>
    public long Size { get; set; }

    /// <summary>Time of the last change.</summary>
    public FileTime ModifyTime { get; set; }

    /// <summary>The target of a link, one byte a character.</summary>
    public string LinkName { get; set; } = "";

    /// <summary>A device's major number.</summary>
    public uint DeviceMajor { get; set; }

    /// <summary>A device's minor number.</summary>
    public uint DeviceMinor { get; set; }

    /// <summary>Extended attributes, in the archive's order.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> ExtendedAttributes { get; set; } = [];

    /// <summary>Where a sparse file has data, ascending; null for ordinary files.</summary>
    public IReadOnlyList<SparseSegment>? Sparse { get; set; }

    /// <summary>The name as text, undecodable bytes replaced.</summary>
    public string DisplayName => ToText(Name);

    /// <summary>A name of one byte a character as text.</summary>
    /// <param name="name">The name.</param>
    public static string ToText(string name) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(name));

    /// <summary>Text as a name of one byte a character.</summary>
    /// <param name="text">The text.</param>
    public static string FromText(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
