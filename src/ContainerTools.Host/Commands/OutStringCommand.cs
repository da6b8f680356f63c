using System.Management.Automation;
using System.Text;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsData.Out, "String")]
[OutputType(typeof(string))]
public sealed class OutStringCommand : FrontEndCommandBase
{
    private readonly StringBuilder _text = new();
    private StringWriter? _writer;

    [Parameter]
    public SwitchParameter Stream { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int Width { get; set; } = int.MaxValue;

    protected override void BeginProcessing()
    {
        _writer = new StringWriter(_text);
        EngineInternals.RenderTo(this, _writer, Width);
        base.BeginProcessing();
    }

    protected override void ProcessRecord()
    {
        base.ProcessRecord();
        if (Stream)
            WriteCompleteLines();
    }

    protected override void EndProcessing()
    {
        base.EndProcessing();
        if (Stream)
        {
            WriteCompleteLines();
            if (_text.Length > 0)
                WriteObject(_text.ToString());
            return;
        }
        var text = _text.ToString();
        WriteObject(NoNewline ? text.ReplaceLineEndings("") : text);
    }

    private void WriteCompleteLines()
    {
        var text = _text.ToString();
        var end = text.LastIndexOf('\n');
        if (end < 0)
            return;
        _text.Remove(0, end + 1);
        foreach (var line in text[..end].Split('\n'))
            WriteObject(line.TrimEnd('\r'));
    }
}
