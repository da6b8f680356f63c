using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Add, "Content", SupportsShouldProcess = true)]
public sealed class AddContentCommand : ContentWriterCommand
{
    protected override FileMode Mode => FileMode.Append;
}
