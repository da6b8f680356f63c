using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommunications.Read, "Host")]
[OutputType(typeof(string))]
public sealed class ReadHostCommand : PSCmdlet
{
    [Parameter(Position = 0)]
    public object? Prompt { get; set; }

    [Parameter]
    public SwitchParameter AsSecureString { get; set; }

    protected override void EndProcessing()
    {
        if (Prompt is not null)
            Host.UI.Write($"{Prompt}: ");
        WriteObject(AsSecureString ? Host.UI.ReadLineAsSecureString() : Host.UI.ReadLine());
    }
}
