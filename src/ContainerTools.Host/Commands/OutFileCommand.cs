using System.Management.Automation;
using System.Text;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace ContainerTools.Host.Commands;

/// <summary>What the redirections <c>&gt;</c> and <c>&gt;&gt;</c> run.</summary>
[Cmdlet(VerbsData.Out, "File", SupportsShouldProcess = true)]
public sealed class OutFileCommand : FrontEndCommandBase
{
    private StreamWriter? _writer;

    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Path", "PSPath", "LiteralPath")]
    public string FilePath { get; set; } = "";

    /// <summary>Only UTF-8 without a byte order mark is written; the engine passes this for a redirection.</summary>
    [Parameter(Position = 1)]
    [ValidateSet("utf8", "utf8NoBOM", "default")]
    public string Encoding { get; set; } = "utf8";

    [Parameter]
    public SwitchParameter Append { get; set; }

    [Parameter]
    [Alias("NoOverwrite")]
    public SwitchParameter NoClobber { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int Width { get; set; } = int.MaxValue;

    protected override void BeginProcessing()
    {
        var path = GetUnresolvedProviderPathFromPSPath(FilePath);
        TextWriter target = TextWriter.Null;
        if (ShouldProcess(path, "Write to file"))
        {
            var mode = Append ? FileMode.Append : NoClobber ? FileMode.CreateNew : FileMode.Create;
            try
            {
                target = _writer = new StreamWriter(new FileStream(path, mode, FileAccess.Write, FileShare.Read), new UTF8Encoding(false));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                ThrowTerminatingError(new ErrorRecord(e, "FileOpenFailure", ErrorCategory.OpenError, path));
            }
        }
        EngineInternals.RenderTo(this, target, Width);
        base.BeginProcessing();
    }

    protected override void EndProcessing()
    {
        base.EndProcessing();
        _writer?.Dispose();
    }

    protected override void InternalDispose()
    {
        base.InternalDispose();
        _writer?.Dispose();
    }
}
