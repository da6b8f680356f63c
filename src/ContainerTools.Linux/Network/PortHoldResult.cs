namespace ContainerTools.Linux.Network;

/// <summary>Whether a port could be taken.</summary>
public enum PortHoldResult
{
    /// <summary>It was, or this kernel does not know the protocol.</summary>
    Held,

    /// <summary>Another program has it.</summary>
    InUse,

    /// <summary>The address is not this host's.</summary>
    NoSuchAddress,
}
