namespace ContainerTools.Oci.Runtime;

/// <summary>Ids that a process runs with, as seen inside the container.</summary>
public sealed class UserSpec
{
    /// <summary>User id.</summary>
    public uint Uid { get; set; }

    /// <summary>Group id.</summary>
    public uint Gid { get; set; }

    /// <summary>File mode creation mask; the runtime's own when absent.</summary>
    public uint? Umask { get; set; }

    /// <summary>Supplementary group ids.</summary>
    public List<uint>? AdditionalGids { get; set; }

    /// <summary>User name; used on Windows only, kept when read.</summary>
    public string? Username { get; set; }
}
