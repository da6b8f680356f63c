using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Remove, "Item", SupportsShouldProcess = true)]
public sealed class RemoveItemCommand : PathCommand
{
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord() => ForEachPath(path =>
    {
        if (ShouldProcess(path))
            InvokeProvider.Item.Remove([path], Recurse, Force, IsLiteral);
    });
}
