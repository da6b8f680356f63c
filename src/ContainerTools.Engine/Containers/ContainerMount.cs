using System.Text.Json.Serialization;

namespace ContainerTools;

/// <summary>A volume, a file or directory of the host, or a tmpfs that a container has mounted.</summary>
public sealed class ContainerMount
{
    internal const string SharedLabel = "shared", PrivateLabel = "private";

    /// <summary>What is mounted.</summary>
    [JsonIgnore]
    public ContainerMountKind Kind { get; set; }

    /// <summary><see cref="Kind"/> as text, in container.json.</summary>
    [JsonInclude]
    [JsonPropertyName("kind")]
    internal string KindName
    {
        get => Kind.ToString();
        set => Kind = Enum.Parse<ContainerMountKind>(value, ignoreCase: true);
    }

    /// <summary>Name of the volume; null for other mounts.</summary>
    public string? Name { get; set; }

    /// <summary>Absolute path on the host; empty for a tmpfs; for an image its name.</summary>
    public string Source { get; set; } = "";

    /// <summary>Absolute path inside the container.</summary>
    public string Destination { get; set; } = "";

    /// <summary>Whether nothing can be written through the mount.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>Whether it is a volume that was made for this container alone and has no name of the user's choice.</summary>
    public bool Anonymous { get; set; }

    /// <summary>Whether the source is a directory (a bind's source may be a file).</summary>
    public bool Directory { get; set; } = true;

    /// <summary>
    /// The SELinux label that the source gets where SELinux runs: <c>shared</c> (<c>:z</c>), one that all containers may use; <c>private</c> (<c>:Z</c>), this container's alone; null for
    /// none.
    /// </summary>
    public string? Relabel { get; set; }

    /// <summary>Further mount options, such as <c>noexec</c>, <c>rslave</c>, <c>size=1m</c>, <c>mode=0700</c>.</summary>
    public List<string> Options { get; set; } = [];

    /// <summary>Of an image: the directories of its layers, bottom first.</summary>
    public List<string> LayerPaths { get; set; } = [];

    /// <summary>Of an image: the path in it that is mounted; null for all of it.</summary>
    public string? SubPath { get; set; }

    /// <summary>Of an image: a directory that takes what is written to it; null for a read-only one.</summary>
    public string? WritableDirectory { get; set; }

    /// <summary>Of an image: the keys of its layers in the layer store.</summary>
    public List<string> LayerKeys { get; set; } = [];

    /// <summary>The mount as <c>-Volume</c> takes it.</summary>
    public override string ToString() =>
        Kind == ContainerMountKind.TmpFs ? $"tmpfs:{Destination}" : Kind == ContainerMountKind.Image ? $"image {Source}:{Destination}" : $"{Name ?? Source}:{Destination}{(ReadOnly ? ":ro" : "")}";
}
