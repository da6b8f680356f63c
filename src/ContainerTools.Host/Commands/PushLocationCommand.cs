using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Push, "Location")]
public sealed class PushLocationCommand : PSCmdlet
{
    [Parameter(Position = 0)]
    [Alias("LiteralPath", "PSPath")]
    public string? Path { get; set; }

    protected override void ProcessRecord()
    {
        SessionState.Path.PushCurrentLocation(null);
        if (Path is not null)
            SessionState.Path.SetLocation(Path);
    }
}
