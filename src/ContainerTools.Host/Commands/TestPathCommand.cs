using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsDiagnostic.Test, "Path")]
[OutputType(typeof(bool))]
public sealed class TestPathCommand : PathCommand
{
    [Parameter]
    [ValidateSet("Any", "Container", "Leaf")]
    public string PathType { get; set; } = "Any";

    protected override void ProcessRecord()
    {
        foreach (var path in Paths)
        {
            WriteObject(PathType switch
            {
                "Container" => InvokeProvider.Item.IsContainer(path),
                "Leaf" => Exists(path) && !InvokeProvider.Item.IsContainer(path),
                _ => Exists(path),
            });
        }
    }

    private bool Exists(string path) => path.Length > 0 && InvokeProvider.Item.Exists(path, force: true, literalPath: IsLiteral);
}
