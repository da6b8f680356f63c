using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Set, "Content", SupportsShouldProcess = true)]
public sealed class SetContentCommand : ContentWriterCommand
{
    protected override FileMode Mode => FileMode.Create;
}
