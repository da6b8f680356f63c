using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Removes networks.</summary>
[Cmdlet(VerbsCommon.Remove, "ContainerNetwork", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
public sealed class RemoveContainerNetworkCommand : ContainerToolsCmdlet
{
    /// <summary>The networks: objects, or names with or without wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name")]
    [NetworkTransformation]
    [ArgumentCompleter(typeof(NetworkCompleter))]
    public NetworkArgument[] Network { get; set; } = [];

    /// <summary>Disconnects the containers that are on it first.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var argument in Network)
        {
            Attempt(argument.Text, () =>
            {
                foreach (var network in Resolve(argument))
                {
                    if (ShouldProcess(network.Name, "Remove network"))
                        Attempt(network, () => Remove(network));
                }
            });
        }
    }

    private void Remove(ContainerNetwork network)
    {
        if (Force)
        {
            foreach (var name in network.UsedBy)
                Containers.Disconnect(Containers.Get(name), network.Name, Stopped);
        }
        Networks.Remove(network.Name);
    }
}
