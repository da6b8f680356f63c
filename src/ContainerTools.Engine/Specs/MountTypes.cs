namespace ContainerTools.Engine.Specs;

/// <summary>Types of mounts by which this product tells its own runtime what the runtime-spec has no word for. Such a mount is a bind mount otherwise.</summary>
public static class MountTypes
{
    /// <summary>An image's layers as a read-only tree; the source is their absolute directories, the top one first, one a line.</summary>
    public const string Layers = "containertools.layers";

    /// <summary>Option of <see cref="Layers"/>, with a path behind <c>=</c>: what of the tree is mounted.</summary>
    public const string SubPath = "containertools.subpath";

    /// <summary>Option of <see cref="Layers"/>: what is mounted is a file.</summary>
    public const string File = "containertools.file";

    /// <summary>Option of <see cref="Layers"/>, with an absolute directory behind <c>=</c>: it takes what is written to the tree.</summary>
    public const string Writable = "containertools.writable";

    /// <summary>Option of <see cref="Layers"/> with <see cref="Writable"/>, with <c>USER:GROUP</c> behind <c>=</c>: the host's ids of the container's root.</summary>
    public const string Root = "containertools.root";

    /// <summary>The value of such an option; null when it is not given.</summary>
    public static string? OptionOf(Oci.Runtime.MountSpec mount, string name)
    {
        ArgumentNullException.ThrowIfNull(mount);
        string? option = mount.Options?.Find(o => o == name || (o.StartsWith(name, StringComparison.Ordinal) && o[name.Length] == '='));
        return option is null ? null : option.Length > name.Length ? option[(name.Length + 1)..] : "";
    }

    /// <summary>What another process has mounted; the source is its process id, a colon, and the path as that process sees it.</summary>
    public const string OfProcess = "containertools.process";
}
