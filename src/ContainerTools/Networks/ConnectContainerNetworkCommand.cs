using System.Management.Automation;
using ContainerTools.Engine.Networks;

namespace ContainerTools;

/// <summary>Connects containers to a network; those that run at once.</summary>
[Cmdlet(VerbsCommunications.Connect, "ContainerNetwork", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class ConnectContainerNetworkCommand : ContainerConnectionCommand
{
    /// <summary>The container's address there, one of a family; a free one by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] IPAddress { get; set; } = [];

    /// <summary>The container's hardware address there.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? MacAddress { get; set; }

    /// <summary>Further names by which others on the network reach it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Alias { get; set; } = [];

    private protected override string Action => $"Connect to network {Network}";

    private protected override Container Change(Container container, string network) =>
        Containers.Connect(container, network, new ConnectOptions { IPAddresses = IPAddress, MacAddress = MacAddress, Aliases = Alias }, Stopped);
}
