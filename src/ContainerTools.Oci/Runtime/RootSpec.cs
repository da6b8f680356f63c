namespace ContainerTools.Oci.Runtime;

/// <summary>The container's root file system (runtime-spec config.md, "Root").</summary>
public sealed class RootSpec
{
    /// <summary>Directory, absolute or relative to the bundle.</summary>
    public string Path { get; set; } = "";

    /// <summary>Whether the root is remounted read-only inside.</summary>
    public bool Readonly { get; set; }
}
