using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>A command on containers that exist.</summary>
public abstract class ContainerCommand : ContainerToolsCmdlet
{
    /// <summary>The containers: objects, names with or without wildcards, ids or beginnings of ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name", "Id")]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument[] Container { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var argument in Container)
        {
            Attempt(argument.Text, () =>
            {
                foreach (var container in Resolve(argument))
                    Attempt(container, () => Process(container));
            });
        }
    }

    private protected abstract void Process(Container container);

    private protected static string Describe(Container container) => $"{container.Name} ({container.ShortId})";
}
