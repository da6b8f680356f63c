using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.New, "Item", SupportsShouldProcess = true)]
public sealed class NewItemCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string Name { get; set; } = "";

    [Parameter]
    [Alias("Type")]
    public string ItemType { get; set; } = "File";

    [Parameter(ValueFromPipeline = true)]
    [Alias("Target")]
    public object? Value { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var path in Path)
        {
            // The provider makes an existing directory an error unless forced; the API used here has the force switch only
            // as a parameter of the array overload.
            foreach (var item in ShouldProcess(System.IO.Path.Combine(path, Name), "Create " + ItemType)
                ? InvokeProvider.Item.New([path], Name, ItemType, Value, Force) : [])
            {
                WriteObject(item);
            }
        }
    }
}
