using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Measures what running containers use: processors, memory, processes, block devices, network.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerStatistics")]
[OutputType(typeof(ContainerStatistics))]
public sealed class GetContainerStatisticsCommand : ContainerToolsCmdlet
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(10);

    private readonly List<ContainerArgument> _arguments = [];
    private readonly List<Container> _named = [];

    /// <summary>The containers: objects, names with or without wildcards, ids or beginnings of ids; all that run when left out.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name", "Id")]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument[] Container { get; set; } = [];

    /// <summary>Measures again and again, until no container runs, the pipeline is stopped or the next command has enough. Without names, containers that are started meanwhile are measured too.</summary>
    [Parameter]
    [Alias("Follow")]
    public SwitchParameter Continuous { get; set; }

    /// <summary>The time between two measurements, over which processor use is measured: seconds, a TimeSpan or text such as 500ms; 1 second by default, 10 ms at least.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Interval < s_shortest || Interval.TotalMilliseconds > int.MaxValue)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException($"An interval of {Interval} cannot be measured: give 10 ms or more, and less than 24 days."), "InvalidInterval", ErrorCategory.InvalidArgument, Interval));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var argument in Container)
        {
            // A pattern is asked again at each measurement; what is named must be there and run.
            if (IsPattern(argument))
                _arguments.Add(argument);
            else
                Attempt(argument.Text, () => _named.Add(Containers.RequireRunning(Resolve(argument)[0], "it uses nothing")));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        bool all = !MyInvocation.BoundParameters.ContainsKey(nameof(Container)) && !MyInvocation.ExpectingInput;
        if (!all && _arguments.Count == 0 && _named.Count == 0)
            return;
        Attempt(null, () => Await(async (queue, token) =>
        {
            await foreach (var statistics in Containers.ReadStatisticsAsync(() => Find(all), Interval, Continuous, token))
                queue.Post(() => WriteObject(statistics), token);
            return true;
        }));
    }

    private IReadOnlyList<Container> Find(bool all) =>
        all ? Containers.List() : [.. _named.Concat(_arguments.SelectMany(Resolve)).DistinctBy(c => c.Id)];
}
