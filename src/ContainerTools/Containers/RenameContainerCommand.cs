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

    private protected override void Process(Container container)
    {
        if (!ShouldProcess(Describe(container), $"Rename container to {NewName}"))
            return;
        var renamed = Containers.Rename(container, NewName, Stopped);
        if (PassThru)
            WriteObject(renamed);
    }
}
