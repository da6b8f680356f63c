namespace ContainerTools.Oci.Runtime;

/// <summary>Extensions of mounts.</summary>
public sealed class MountExtensionFeatures
{
    /// <summary>Idmapped mounts.</summary>
    public EnabledFeature? Idmap { get; set; }
}
