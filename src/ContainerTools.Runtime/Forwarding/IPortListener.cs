namespace ContainerTools.Runtime.Forwarding;

/// <summary>What takes what arrives at a published port.</summary>
internal interface IPortListener : IForwarding
{
    /// <summary>Where the port leads; null while it leads nowhere. What still leads elsewhere ends when this is set.</summary>
    SocketAddress? Target { get; set; }
}
