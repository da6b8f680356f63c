using System.Management.Automation;
using System.Reflection;

namespace ContainerTools.Cmdlets;

/// <summary>
/// Lets a cmdlet that runs a command behave as the engine's own native commands do: lines of standard error reach the error
/// stream without stopping a script whose $ErrorActionPreference is Stop, and $? says what the exit code says. The engine keeps
/// that to itself, so this looks behind PowerShell's public surface, and where it finds nothing lets WriteError do.
/// </summary>
internal static class NativeStreams
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>The error id that the engine's error view shows as the bare line.</summary>
    private const string ErrorId = "NativeCommandErrorMessage";

    /// <summary>The error id of a native command's failure.</summary>
    private const string ExitErrorId = "ProgramExitedWithNonZeroCode";

    /// <summary>Writes a line that a command wrote to its standard error.</summary>
    public static void WriteErrorLine(PSCmdlet cmdlet, string line)
    {
        var record = new ErrorRecord(new RemoteException(line), ErrorId, ErrorCategory.NotSpecified, line);
        var runtime = cmdlet.CommandRuntime;
        var write = runtime.GetType().GetMethod("_WriteErrorSkipAllowCheck", Any, [typeof(ErrorRecord), typeof(ActionPreference?), typeof(bool)]);
        if (write is null)
        {
            cmdlet.WriteError(record);
            return;
        }
        try
        {
            write.Invoke(runtime, BindingFlags.DoNotWrapExceptions, null, [record, (ActionPreference?)ActionPreference.Continue, false], null);
        }
        finally
        {
            SetFailed(cmdlet, false);
        }
    }

    /// <summary>Puts the exit code where scripts look for it: $LASTEXITCODE and $?.</summary>
    public static void SetExitCode(PSCmdlet cmdlet, int exitCode)
    {
        cmdlet.SessionState.PSVariable.Set("global:LASTEXITCODE", exitCode);
        if (exitCode != 0)
            SetFailed(cmdlet, true);
    }

    /// <summary>
    /// Puts the exit code where scripts look for it, and writes the error that the engine writes of a native command which fails where $PSNativeCommandUseErrorActionPreference is on: with $ErrorActionPreference at
    /// Stop it ends the script.
    /// </summary>
    /// <param name="cmdlet">What has run the command.</param>
    /// <param name="exitCode">The command's exit code.</param>
    /// <param name="container">Where it ran.</param>
    /// <param name="command">The command's name.</param>
    public static void End(PSCmdlet cmdlet, int exitCode, Container container, string command)
    {
        SetExitCode(cmdlet, exitCode);
        if (exitCode == 0 || cmdlet.SessionState.PSVariable.GetValue("PSNativeCommandUseErrorActionPreference") is not { } preference || !LanguagePrimitives.IsTrue(preference))
            return;
        var message = $"Command \"{command}\" in the container '{container.Name}' ended with non-zero exit code: {exitCode} (0x{exitCode:X2}).";
        cmdlet.WriteError(new ErrorRecord(ExitException(command, exitCode, message) ?? new RuntimeException(message), ExitErrorId, ErrorCategory.NotSpecified, command));
    }

    /// <summary>The engine's own exception, which has the exit code; null where there is none that can be made.</summary>
    private static Exception? ExitException(string command, int exitCode, string message) => typeof(PSCmdlet).Assembly.GetType("System.Management.Automation.NativeCommandExitException")
        ?.GetConstructor(Any, [typeof(string), typeof(int), typeof(int), typeof(string), typeof(string)])
        ?.Invoke([command, exitCode, 0, message, ExitErrorId]) as Exception;

    private static void SetFailed(PSCmdlet cmdlet, bool failed)
    {
        var processor = cmdlet.CommandRuntime.GetType().GetProperty("PipelineProcessor", Any)?.GetValue(cmdlet.CommandRuntime);
        processor?.GetType().GetProperty("ExecutionFailed", Any)?.SetValue(processor, failed);
    }
}
