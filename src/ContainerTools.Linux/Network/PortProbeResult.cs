namespace ContainerTools.Linux.Network;

/// <summary>Whether a program could listen on a port.</summary>
public enum PortProbeResult
{
    /// <summary>It could, or this kernel does not know the protocol.</summary>
    Free,

    /// <summary>Another one does.</summary>
    InUse,

    /// <summary>The address is not this host's.</summary>
    NoSuchAddress,
}
