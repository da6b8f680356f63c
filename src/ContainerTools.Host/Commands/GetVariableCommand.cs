using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Get, "Variable")]
public sealed class GetVariableCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true)]
    public string[] Name { get; set; } = ["*"];

    [Parameter]
    public SwitchParameter ValueOnly { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            var found = InvokeProvider.Item.Get("Variable:" + name);
            foreach (var variable in found)
                WriteObject(ValueOnly ? ((PSVariable)variable.BaseObject).Value : variable.BaseObject);
        }
    }
}
