using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Events;

namespace ContainerTools;

/// <summary>Tells what has happened to containers, images and volumes, and what happens.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerEvent")]
[OutputType(typeof(ContainerEvent))]
public sealed class GetContainerEventCommand : ContainerToolsCmdlet
{
    private readonly List<ContainerArgument> _containers = [];

    /// <summary>Only events of these containers: objects, names with or without wildcards, ids or beginnings of ids. They need not exist any more.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name", "Id")]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument[] Container { get; set; } = [];

    /// <summary>Only events of this time and later: a date, or how long ago (10m, a TimeSpan).</summary>
    [Parameter]
    [PointInTimeTransformation]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Only events before this time: a date, or how long ago. With -Follow it may be in the future, and ends the command.</summary>
    [Parameter]
    [PointInTimeTransformation]
    public DateTimeOffset? Until { get; set; }

    /// <summary>Gives what happens from now on, or from -Since on, as it happens.</summary>
    [Parameter]
    public SwitchParameter Follow { get; set; }

    /// <summary>Only events of these kinds of things.</summary>
    [Parameter]
    public ContainerEventType[] Type { get; set; } = [];

    /// <summary>Only events of these actions.</summary>
    [Parameter]
    public ContainerEventAction[] Action { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord() => _containers.AddRange(Container);

    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(null, () =>
    {
        if (_containers.Count == 0 && MyInvocation.ExpectingInput)
            return; // Get-Container with nothing to give: nobody's events, not everybody's.
        Await(async (queue, token) =>
        {
            var query = new EventQuery { Since = Since, Until = Until, Follow = Follow, Where = IsWanted };
            await foreach (var found in EventLog.ReadAsync(Paths, query, token))
                queue.Post(() => WriteObject(found), token);
            return true;
        });
    });

    private bool IsWanted(ContainerEvent found) =>
        (Type.Length == 0 || Type.Contains(found.Type)) && (Action.Length == 0 || Action.Contains(found.Action))
        && (_containers.Count == 0 || (found.Type is ContainerEventType.Container && _containers.Exists(c => IsOf(found, c))));

    private static bool IsOf(ContainerEvent found, ContainerArgument container) => container.Value is { } known ? found.Id == known.Id
        : WildcardPattern.ContainsWildcardCharacters(container.Text) ? new WildcardPattern(container.Text, WildcardOptions.IgnoreCase).IsMatch(found.Name)
        : found.Name == container.Text || found.Id.StartsWith(container.Text, StringComparison.OrdinalIgnoreCase);
}
