using System.Management.Automation;

namespace ContainerTools.Host.Commands;

/// <summary>What the item cmdlets share: <c>-Path</c> takes wildcards, <c>-LiteralPath</c> does not.</summary>
public abstract class PathCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    public string[] Path { get; set; } = [];

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    protected bool IsLiteral => LiteralPath.Length > 0;

    protected string[] Paths => IsLiteral ? LiteralPath : Path;

    /// <summary>Runs <paramref name="action"/> for each path; a path that is not there is an error, and the next one goes on.</summary>
    protected void ForEachPath(Action<string> action)
    {
        foreach (var path in Paths)
        {
            try
            {
                action(path);
            }
            catch (Exception e) when (e is ItemNotFoundException or System.Management.Automation.DriveNotFoundException or ProviderNotFoundException or PSNotSupportedException
                                      or ProviderInvocationException or IOException or UnauthorizedAccessException)
            {
                WriteError(e is IContainsErrorRecord { ErrorRecord: { } record }
                    ? new ErrorRecord(record, e)
                    : new ErrorRecord(e, "PathError", ErrorCategory.InvalidOperation, path));
            }
        }
    }
}
