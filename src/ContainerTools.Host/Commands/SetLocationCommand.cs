using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Set, "Location")]
[OutputType(typeof(PathInfo))]
public sealed class SetLocationCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [Alias("LiteralPath", "PSPath")]
    public string Path { get; set; } = "~";

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            var location = SessionState.Path.SetLocation(Path);
            if (PassThru)
                WriteObject(location);
        }
        catch (Exception e) when (e is ItemNotFoundException or System.Management.Automation.DriveNotFoundException or PSArgumentException)
        {
            WriteError(new ErrorRecord(((IContainsErrorRecord)e).ErrorRecord, e));
        }
    }
}
