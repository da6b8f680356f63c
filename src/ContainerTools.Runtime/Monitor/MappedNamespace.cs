using ContainerTools.Linux.Namespaces;
using ContainerTools.Oci.Runtime;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Monitor;

/// <summary>A user namespace that exists only to describe a container's ids to the mount calls.</summary>
internal sealed class MappedNamespace : IDisposable
{
    private MappedNamespace(SafeFileHandle handle, uint rootUser, uint rootGroup) => (Handle, RootUser, RootGroup) = (handle, rootUser, rootGroup);

    /// <summary>The namespace.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>The host's id of user 0 inside.</summary>
    public uint RootUser { get; }

    /// <summary>The host's id of group 0 inside.</summary>
    public uint RootGroup { get; }

    /// <summary>Makes one with a document's mappings; null if the document asks for none.</summary>
    public static MappedNamespace? TryHold(LinuxSpec? linux)
    {
        if (linux?.UidMappings is not { Count: > 0 } users || linux.GidMappings is not { Count: > 0 } groups)
            return null;
        IdMap[] userMaps = [.. users.Select(m => new IdMap(m.ContainerID, m.HostID, m.Size))];
        IdMap[] groupMaps = [.. groups.Select(m => new IdMap(m.ContainerID, m.HostID, m.Size))];
        return new MappedNamespace(UserNamespace.Create(userMaps, groupMaps), IdMap.ToOutside(userMaps, 0) ?? 0, IdMap.ToOutside(groupMaps, 0) ?? 0);
    }

    public void Dispose() => Handle.Dispose();
}
