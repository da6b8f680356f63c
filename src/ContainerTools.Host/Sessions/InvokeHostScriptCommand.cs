using System.Management.Automation;
using ContainerTools.Host.Commands;

namespace ContainerTools.Host.Sessions;

/// <summary>
/// The first command of every pipeline of this host. <c>exit</c> and uncaught errors end here and not the pipeline, whose
/// formatting would otherwise lose the objects it has not drawn yet.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "HostScript")]
internal sealed class InvokeHostScriptCommand : PSCmdlet
{
    private PowerShell? _shell;

    [Parameter(Mandatory = true)]
    public ScriptInvocation Invocation { get; set; } = null!;

    protected override void EndProcessing()
    {
        using var output = new PSDataCollection<PSObject>();
        output.DataAdded += (_, _) => WriteObject(output.ReadAll(), enumerateCollection: true);
        using var shell = _shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        // In a nested pipeline the engine tells nobody of 'exit': it ends the script early and leaves the code in $LASTEXITCODE.
        shell.AddScript(Invocation.Call + "\n$global:__finished = $true", useLocalScope: false);
        // Not merged by the engine: it would leave a native command's standard error unmarked, and that would end up among the output.
        shell.Streams.Error.DataAdded += (_, _) => WriteObject(shell.Streams.Error.ReadAll().Select(EngineInternals.AsError), enumerateCollection: true);
        SessionState.PSVariable.Set("global:__finished", false);
        try
        {
            shell.Invoke(input: null, output);
            if (SessionState.PSVariable.GetValue("global:__finished") is false && shell.InvocationStateInfo.State != PSInvocationState.Stopped)
                Invocation.Host.SetShouldExit(SessionState.PSVariable.GetValue("global:LASTEXITCODE") is int code ? code : 0);
        }
        catch (PipelineStoppedException)
        {
            throw;
        }
        catch (RuntimeException e)
        {
            Invocation.UncaughtError = e.ErrorRecord;
        }
    }

    protected override void StopProcessing() => _shell?.Stop();
}
