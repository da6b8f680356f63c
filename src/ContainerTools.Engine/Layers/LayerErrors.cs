using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>The errors of a layer that does not fit or means harm.</summary>
internal static class LayerErrors
{
    public static ContainerToolsException Escapes(ReadOnlySpan<byte> name, string how) => new(
        "LayerPathEscapes",
        ErrorKind.InvalidData,
        $"The layer's entry '{PathBytes.Display(name)}' {how}: it would leave the layer. The image is broken or hostile; nothing was unpacked.",
        PathBytes.Display(name));

    public static ContainerToolsException Invalid(ReadOnlySpan<byte> name, string how) => new(
        "LayerEntryInvalid",
        ErrorKind.InvalidData,
        $"The layer's entry '{PathBytes.Display(name)}' {how}. The image is broken or hostile; nothing was unpacked.",
        PathBytes.Display(name));

    public static ContainerToolsException Whiteout(ReadOnlySpan<byte> name, string how) => new(
        "LayerWhiteoutInvalid",
        ErrorKind.InvalidData,
        $"The layer's whiteout '{PathBytes.Display(name)}' {how}. The image is broken or hostile; nothing was unpacked.",
        PathBytes.Display(name));

    public static ContainerToolsException HardLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, string how) => new(
        "LayerHardLinkInvalid",
        ErrorKind.InvalidData,
        $"The layer's hard link '{PathBytes.Display(name)}' to '{PathBytes.Display(target)}' {how}. The image is broken or hostile; nothing was unpacked.",
        PathBytes.Display(name));

    public static ContainerToolsException Attribute(ReadOnlySpan<byte> name, TarExtendedAttribute attribute, int errno) => new(
        "LayerAttributeUnsupported",
        ErrorKind.NotSupported,
        $"The extended attribute '{PathBytes.Display(attribute.Name)}' ({attribute.Value.Length} bytes) of the layer's entry '{PathBytes.Display(name)}' "
            + $"cannot be kept on this file system: {new LinuxException(errno, "fsetxattr").Message}",
        PathBytes.Display(name));

    /// <summary>Throws for a failed call on an entry: what the archive itself is to blame for says so.</summary>
    public static int Check(int result, string operation, ReadOnlySpan<byte> name) => result switch
    {
        >= 0 => result,
        -Errno.ENAMETOOLONG => throw Invalid(name, "has a name that is too long"),
        -Errno.EXDEV => throw Escapes(name, "goes through a link that leads out"),
        -Errno.ELOOP => throw Invalid(name, "goes through too many symbolic links"),
        _ => throw new LinuxException(-result, operation, PathBytes.Display(name)),
    };
}
