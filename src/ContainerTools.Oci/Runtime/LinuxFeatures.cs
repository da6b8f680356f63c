namespace ContainerTools.Oci.Runtime;

/// <summary>Linux part of the features document.</summary>
public sealed class LinuxFeatures
{
    /// <summary>Namespaces known.</summary>
    public List<string>? Namespaces { get; set; }

    /// <summary>Capabilities known.</summary>
    public List<string>? Capabilities { get; set; }

    /// <summary>Control groups.</summary>
    public CgroupFeatures? Cgroup { get; set; }

    /// <summary>System call filter.</summary>
    public SeccompFeatures? Seccomp { get; set; }

    /// <summary>AppArmor.</summary>
    public EnabledFeature? Apparmor { get; set; }

    /// <summary>SELinux.</summary>
    public EnabledFeature? Selinux { get; set; }

    /// <summary>Intel resource director.</summary>
    public EnabledFeature? IntelRdt { get; set; }

    /// <summary>Extensions of mounts.</summary>
    public MountExtensionFeatures? MountExtensions { get; set; }
}
