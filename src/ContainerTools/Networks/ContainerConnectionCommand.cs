using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>A command on a network and containers.</summary>
public abstract class ContainerConnectionCommand : ContainerToolsCmdlet
{
    /// <summary>The network: its object or name.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [NetworkTransformation]
    [ArgumentCompleter(typeof(NetworkCompleter))]
    public NetworkArgument? Network { get; set; }

    /// <summary>The containers: objects, names with or without wildcards, ids or beginnings of ids.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument[] Container { get; set; } = [];

    /// <summary>Writes the containers.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected abstract string Action { get; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var argument in Container)
        {
            Attempt(argument.Text, () =>
            {
                foreach (var container in Resolve(argument))
                {
                    if (ShouldProcess($"{container.Name} ({container.ShortId})", Action))
                        Attempt(container, () => Write(Change(container, Network!.Text)));
                }
            });
        }
    }

    private protected abstract Container Change(Container container, string network);

    private void Write(Container container)
    {
        if (PassThru)
            WriteObject(container);
    }
}
