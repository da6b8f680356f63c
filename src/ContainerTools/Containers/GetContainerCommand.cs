using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Lists containers, running and not.</summary>
[Cmdlet(VerbsCommon.Get, "Container")]
[OutputType(typeof(Container))]
public sealed class GetContainerCommand : ContainerToolsCmdlet
{
    /// <summary>Names with or without wildcards, ids or beginnings of ids; all containers when left out.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name", "Id")]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument[] Container { get; set; } = [];

    /// <summary>Only containers in one of these states.</summary>
    [Parameter]
    public ContainerState[] State { get; set; } = [];

    /// <summary>Only containers with these labels, all of them: NAME for any value, NAME=VALUE, or a hashtable; values may have wildcards.</summary>
    [Parameter]
    [LabelFilterTransformation]
    public LabelFilter[] Label { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Container.Length == 0)
            Attempt(null, () => Write(Containers.List()));
        foreach (var container in Container)
            Attempt(container.Text, () => Write(Resolve(container)));
    }

    private void Write(IReadOnlyList<Container> containers)
    {
        foreach (var container in containers)
        {
            if ((State.Length == 0 || State.Contains(container.State)) && Label.All(l => l.IsMatch(container.Labels)))
                WriteObject(container);
        }
    }
}
