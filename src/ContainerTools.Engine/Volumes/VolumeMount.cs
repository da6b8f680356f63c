using System.Diagnostics.CodeAnalysis;
using ContainerTools.Engine.Containers;

namespace ContainerTools.Engine.Volumes;

/// <summary>A volume or bind mount as a caller asks for it.</summary>
public sealed class VolumeMount
{
    /// <summary>What is mounted.</summary>
    public ContainerMountKind Kind { get; init; }

    /// <summary>The image that <see cref="Source"/> names, which the caller looks up; null for other mounts.</summary>
    public ContainerImage? Image { get; set; }

    /// <summary>Of an image mount: directories of the host that make up the tree, bottom first, where it is no image's.</summary>
    public IReadOnlyList<string> Directories { get; init; } = [];

    /// <summary>Of an image mount: the path in the tree that is mounted; null for all of it. Links on the way end at the tree's root.</summary>
    public string? SubPath { get; init; }

    /// <summary>Of an image mount: whether <see cref="SubPath"/> is a file.</summary>
    public bool IsFile { get; init; }

    /// <summary>Of an image mount: an empty directory of the caller's, which takes what the container writes to the tree; null for a read-only one.</summary>
    public string? WritableDirectory { get; init; }

    /// <summary>Volume name (null for an anonymous one), the bind's absolute path on the host, or the image's name.</summary>
    public string? Source { get; init; }

    /// <summary>Absolute path inside.</summary>
    public required string Destination { get; init; }

    /// <summary>Whether nothing can be written through it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whether a new volume takes over what the image has at the path.</summary>
    public bool CopyUp { get; init; } = true;

    /// <summary>The SELinux label that the source is to get, see <see cref="ContainerMount.Relabel"/>.</summary>
    public string? Relabel { get; init; }

    /// <summary>Further mount options.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>
    /// Reads <c>VOLUME:PATH[:OPTIONS]</c>, <c>/HOST/PATH:PATH[:OPTIONS]</c> or <c>PATH</c> (an anonymous volume). Options are <c>ro</c>, <c>rw</c>, <c>nocopy</c>, <c>z</c> and <c>Z</c> (SELinux),
    /// mount flags such as <c>noexec</c>, and propagation such as <c>rslave</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="currentDirectory">What a source that begins with <c>.</c> or <c>~/</c> is relative to; null for the process's current directory.</param>
    /// <exception cref="ContainerToolsException">InvalidVolume: what is wrong with the text.</exception>
    public static VolumeMount Parse(string text, string? currentDirectory = null) => VolumeMountParser.ParseShort(text, currentDirectory);

    /// <summary>Reads <c>type=bind|volume|tmpfs|image,source=...,target=...[,readonly][,OPTION=VALUE]</c>, as Docker's <c>--mount</c>.</summary>
    /// <param name="text">The text; a field may be quoted as in CSV.</param>
    /// <param name="currentDirectory">What a relative bind source is relative to; null for the process's current directory.</param>
    /// <exception cref="ContainerToolsException">InvalidMount: what is wrong with the text.</exception>
    public static VolumeMount ParseMount(string text, string? currentDirectory = null) => VolumeMountParser.ParseLong(text, currentDirectory);

    /// <summary>Like <see cref="Parse"/>, without the exception.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out VolumeMount? mount)
    {
        try
        {
            mount = Parse(text);
            return true;
        }
        catch (ContainerToolsException)
        {
            mount = null;
            return false;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Source}{(Source is null ? "" : ":")}{Destination}{(ReadOnly ? ":ro" : "")}";
}
