using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Get, "ChildItem")]
public sealed class GetChildItemCommand : PathCommand
{
    [Parameter(Position = 1)]
    public string? Filter { get; set; }

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter File { get; set; }

    [Parameter]
    public SwitchParameter Directory { get; set; }

    [Parameter]
    public SwitchParameter Name { get; set; }

    protected override void ProcessRecord()
    {
        if (Paths.Length == 0)
            Path = ["."];
        var pattern = Filter is null ? null : new WildcardPattern(Filter, WildcardOptions.None);
        ForEachPath(path =>
        {
            foreach (var item in InvokeProvider.ChildItem.Get([path], Recurse, Force, IsLiteral))
            {
                var isDirectory = LanguagePrimitives.IsTrue(item.Properties["PSIsContainer"]?.Value);
                var leaf = item.Properties["PSChildName"]?.Value as string ?? "";
                if ((File && isDirectory) || (Directory && !isDirectory) || pattern?.IsMatch(leaf) == false)
                    continue;
                WriteObject(Name ? leaf : item);
            }
        });
    }
}
