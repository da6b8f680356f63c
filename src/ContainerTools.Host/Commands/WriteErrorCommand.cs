using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommunications.Write, "Error", DefaultParameterSetName = "Message")]
public sealed class WriteErrorCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Message", ValueFromPipeline = true)]
    [AllowEmptyString]
    public string Message { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = "Exception")]
    public Exception? Exception { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = "ErrorRecord")]
    public ErrorRecord? ErrorRecord { get; set; }

    [Parameter]
    public ErrorCategory Category { get; set; } = ErrorCategory.NotSpecified;

    [Parameter]
    public string ErrorId { get; set; } = "Microsoft.PowerShell.Commands.WriteErrorException";

    [Parameter]
    public object? TargetObject { get; set; }

    [Parameter]
    public string? RecommendedAction { get; set; }

    protected override void ProcessRecord()
    {
        var record = ErrorRecord is not null
            ? new ErrorRecord(ErrorRecord, null)
            : new ErrorRecord(Exception ?? new InvalidOperationException(Message), ErrorId, Category, TargetObject);
        if (RecommendedAction is not null)
            record.ErrorDetails = new ErrorDetails(Message) { RecommendedAction = RecommendedAction };
        // The error belongs to the function that calls Write-Error, and there ends with $? false.
        WriteError(record);
    }
}
