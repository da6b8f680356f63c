using System.Management.Automation;

namespace ContainerTools;

/// <summary>Takes containers off a network; those that run at once.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "ContainerNetwork", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class DisconnectContainerNetworkCommand : ContainerConnectionCommand
{
    private protected override string Action => $"Disconnect from network {Network}";

    private protected override Container Change(Container container, string network) => Containers.Disconnect(container, network, Stopped);
}
