using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Move, "Item", SupportsShouldProcess = true)]
public sealed class MoveItemCommand : PathCommand
{
    [Parameter(Mandatory = true, Position = 1)]
    public string Destination { get; set; } = "";

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord() => ForEachPath(path =>
    {
        if (ShouldProcess($"{path} -> {Destination}"))
            InvokeProvider.Item.Move([path], Destination, Force, IsLiteral);
    });
}
