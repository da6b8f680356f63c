using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Lists networks.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerNetwork")]
[OutputType(typeof(ContainerNetwork))]
public sealed class GetContainerNetworkCommand : ContainerToolsCmdlet
{
    /// <summary>Names with or without wildcards; all networks when left out.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name")]
    [NetworkTransformation]
    [ArgumentCompleter(typeof(NetworkCompleter))]
    public NetworkArgument[] Network { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Network.Length == 0)
            Attempt(null, () => WriteObject(Networks.List(), enumerateCollection: true));
        foreach (var network in Network)
            Attempt(network.Text, () => WriteObject(Resolve(network), enumerateCollection: true));
    }
}
