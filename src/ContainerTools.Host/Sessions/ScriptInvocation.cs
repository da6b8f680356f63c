using System.Management.Automation;
using System.Management.Automation.Host;

namespace ContainerTools.Host.Sessions;

/// <summary>A script to run, how to call it, and how it ended.</summary>
public sealed class ScriptInvocation(ScriptBlock script, string call, PSHost host)
{
    public ScriptBlock Script { get; } = script;

    /// <summary>The command line that calls <c>$__script</c>.</summary>
    public string Call { get; } = call;

    public PSHost Host { get; } = host;

    /// <summary>The error that ended the script; null when it ran to its end or called <c>exit</c>.</summary>
    public ErrorRecord? UncaughtError { get; set; }
}
