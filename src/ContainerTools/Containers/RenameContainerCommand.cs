using System.Management.Automation;

namespace ContainerTools;

/// <summary>Gives a container another name. Its id, its host name and its files stay.</summary>
[Cmdlet(VerbsCommon.Rename, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container))]
public sealed class RenameContainerCommand : ContainerCommand
{
    /// <summary>The new name: letters, digits and <c>_.-</c>, the first a letter or digit.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string NewName { get; set; } = "";

    /// <summary>Writes the renamed container.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private readonly List<Container> _found = [];

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // Known only when all are: the first must not have its name from a statement that fails.
        if (_found.DistinctBy(static c => c.Id).ToList() is { Count: > 1 } several)
        {
            WriteError(new ErrorRecord(
                new PSArgumentException($"Only one container can be named '{NewName}', and {several.Count} are given: {string.Join(", ", several.Take(5).Select(static c => c.Name))}{(several.Count > 5 ? ", ..." : "")}. Nothing was renamed. Give one."),
                "SeveralToRename", ErrorCategory.InvalidArgument, NewName));
            return;
        }
        if (_found is [var container, ..])
            Attempt(container, () => Rename(container));
    }

    private protected override void Process(Container container) => _found.Add(container);

    private void Rename(Container container)
    {
        if (!ShouldProcess(Describe(container), $"Rename container to {NewName}"))
            return;
        var renamed = Containers.Rename(container, NewName, Stopped);
        if (PassThru)
            WriteObject(renamed);
    }
}
