using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Get, "Content")]
[OutputType(typeof(string))]
public sealed class GetContentCommand : PathCommand
{
    [Parameter]
    public SwitchParameter Raw { get; set; }

    [Parameter]
    [Alias("First", "Head")]
    [ValidateRange(0, long.MaxValue)]
    public long TotalCount { get; set; } = long.MaxValue;

    [Parameter]
    [Alias("Last")]
    [ValidateRange(0, int.MaxValue)]
    public int Tail { get; set; } = -1;

    protected override void ProcessRecord() => ForEachPath(path =>
    {
        foreach (var file in IsLiteral ? [GetUnresolvedProviderPathFromPSPath(path)] : GetResolvedProviderPathFromPSPath(path, out _).ToArray())
        {
            if (Raw)
            {
                WriteObject(File.ReadAllText(file));
                continue;
            }
            var lines = Tail >= 0 ? File.ReadLines(file).TakeLast(Tail) : File.ReadLines(file);
            var left = TotalCount;
            foreach (var line in lines)
            {
                if (left-- <= 0)
                    break;
                WriteObject(line);
            }
        }
    });
}
