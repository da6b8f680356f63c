using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Set, "Variable")]
public sealed class SetVariableCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public string[] Name { get; set; } = [];

    [Parameter(Position = 1, ValueFromPipeline = true)]
    public object? Value { get; set; }

    [Parameter]
    public string? Scope { get; set; }

    protected override void ProcessRecord()
    {
        foreach (var name in Name)
            SessionState.PSVariable.Set(Scope is null ? name : $"{Scope}:{name}", Value);
    }
}
