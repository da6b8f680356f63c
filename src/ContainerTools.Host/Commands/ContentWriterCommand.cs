using System.Collections;
using System.Management.Automation;
using System.Text;

namespace ContainerTools.Host.Commands;

/// <summary>Writes values to a file, one line each, as UTF-8 without a byte order mark.</summary>
public abstract class ContentWriterCommand : PSCmdlet, IDisposable
{
    private StreamWriter? _writer;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("LiteralPath", "PSPath")]
    public string Path { get; set; } = "";

    [Parameter(Position = 1, ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyCollection]
    public object[] Value { get; set; } = [];

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected abstract FileMode Mode { get; }

    protected override void BeginProcessing()
    {
        var path = GetUnresolvedProviderPathFromPSPath(Path);
        if (!ShouldProcess(path))
            return;
        try
        {
            _writer = new StreamWriter(new FileStream(path, Mode, FileAccess.Write, FileShare.Read), new UTF8Encoding(false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ThrowTerminatingError(new ErrorRecord(e, "GetContentWriterIOError", ErrorCategory.WriteError, path));
        }
    }

    protected override void ProcessRecord()
    {
        foreach (var value in Value ?? [])
        {
            foreach (var element in LanguagePrimitives.GetEnumerable(value) ?? (IEnumerable)new[] { value })
            {
                var text = LanguagePrimitives.ConvertTo<string>(element);
                if (NoNewline)
                    _writer?.Write(text);
                else
                    _writer?.Write(text + "\n");
            }
        }
    }

    /// <summary>The engine calls this when the pipeline has ended in whatever way.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected override void EndProcessing() => _writer?.Dispose();

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _writer?.Dispose();
    }
}
