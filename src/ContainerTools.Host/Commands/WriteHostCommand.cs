using System.Collections;
using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommunications.Write, "Host")]
public sealed class WriteHostCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromRemainingArguments = true)]
    [Alias("Msg", "Message")]
    public object? Object { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    [Parameter]
    public object Separator { get; set; } = " ";

    [Parameter]
    public ConsoleColor? ForegroundColor { get; set; }

    [Parameter]
    public ConsoleColor? BackgroundColor { get; set; }

    protected override void ProcessRecord()
    {
        var message = new HostInformationMessage { Message = Text(Object), NoNewLine = NoNewline, ForegroundColor = ForegroundColor, BackgroundColor = BackgroundColor };
        // The engine prints information tagged PSHOST and lets 6> redirect it, exactly as it does for the standard cmdlet.
        WriteInformation(message, ["PSHOST"]);
    }

    private string Text(object? value)
    {
        value = value is PSObject wrapped && wrapped.BaseObject is not PSCustomObject ? wrapped.BaseObject : value;
        return value switch
        {
            null => "",
            string text => text,
            IEnumerable list => string.Join(Separator.ToString(), list.Cast<object?>().Select(Text)),
            _ => LanguagePrimitives.ConvertTo<string>(value),
        };
    }
}
