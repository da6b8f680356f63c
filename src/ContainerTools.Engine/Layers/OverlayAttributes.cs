using ContainerTools.Engine.Rootless;

namespace ContainerTools.Engine.Layers;

/// <summary>The extended attributes by which overlayfs talks to itself (Documentation/filesystems/overlayfs.rst).</summary>
internal static class OverlayAttributes
{
    /// <summary>On a directory, with the value <c>y</c>: what lower layers have in it does not show. Ends in NUL.</summary>
    /// <remarks>Ordinary users' overlays are mounted with <c>userxattr</c>, as trusted attributes are root's alone.</remarks>
    public static ReadOnlySpan<byte> Opaque => UserSession.IsRootless ? "user.overlay.opaque\0"u8 : "trusted.overlay.opaque\0"u8;

    /// <summary>Whether an attribute means something to overlayfs.</summary>
    public static bool IsOverlays(ReadOnlySpan<byte> name) => name.StartsWith("trusted.overlay."u8) || name.StartsWith("user.overlay."u8);
}
