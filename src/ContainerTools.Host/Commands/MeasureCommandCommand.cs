using System.Diagnostics;
using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsDiagnostic.Measure, "Command")]
[OutputType(typeof(TimeSpan))]
public sealed class MeasureCommandCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public ScriptBlock Expression { get; set; } = null!;

    protected override void EndProcessing()
    {
        var watch = Stopwatch.StartNew();
        SessionState.InvokeCommand.InvokeScript(false, Expression, null);
        WriteObject(watch.Elapsed);
    }
}
