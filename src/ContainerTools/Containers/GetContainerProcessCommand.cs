using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Lists the processes of running containers, with their ids on the host and inside.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerProcess")]
[OutputType(typeof(ContainerProcess))]
public sealed class GetContainerProcessCommand : ContainerToolsCmdlet
{
    /// <summary>The containers: objects, names with or without wildcards, ids or beginnings of ids; all that run when left out.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name", "Id")]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument[] Container { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Container.Length == 0)
            Attempt(null, () => WriteRunning(Containers.List()));
        foreach (var argument in Container)
        {
            Attempt(argument.Text, () =>
            {
                // A pattern finds what runs; what is named must run.
                if (IsPattern(argument))
                    WriteRunning(Resolve(argument));
                else
                    Write(Resolve(argument)[0]);
            });
        }
    }

    private void WriteRunning(IReadOnlyList<Container> containers)
    {
        foreach (var container in containers.Where(c => c.Pid is not null))
            Attempt(container, () => Write(container));
    }

    private void Write(Container container)
    {
        foreach (var process in Containers.Processes(container))
            WriteObject(process);
    }
}
