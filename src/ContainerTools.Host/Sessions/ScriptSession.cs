using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Text;
using System.Text.RegularExpressions;
using ContainerTools.Host.Commands;
using ContainerTools.Host.Consoles;

namespace ContainerTools.Host.Sessions;

/// <summary>One runspace with the module loaded, whose pipelines write to this process's standard output and error.</summary>
public sealed partial class ScriptSession : IDisposable
{
    /// <summary>The exit code of a script that ended with an uncaught error, and of a command that failed.</summary>
    private const int Failure = 1;

    /// <summary>The exit code after Ctrl+C: 128 and the number of SIGINT, as shells have it.</summary>
    private const int Interrupted = 130;

    private readonly ConsolePSHost _host;
    private readonly Runspace _runspace;
    private PowerShell? _running;
    private bool _stopped;

    private ScriptSession(ConsolePSHost host, Runspace runspace)
    {
        _host = host;
        _runspace = runspace;
        Console.CancelKeyPress += OnCancel;
    }

    /// <summary>The exit code passed to <c>exit</c>, once a script has called it.</summary>
    public int? ExitCode => _host.ExitCode;

    internal Runspace Runspace => _runspace;

    internal ConsolePSHost Host => _host;

    public static ScriptSession Open(bool nonInteractive)
    {
        var host = new ConsolePSHost(nonInteractive);
        var runspace = RunspaceFactory.CreateRunspace(host, SessionStateFactory.Create(ModuleLocation.Find()));
        try
        {
            runspace.Open();
        }
        catch (Exception e) when (e is RuntimeException or PSSnapInException or IOException)
        {
            runspace.Dispose();
            throw new SessionException("The session cannot be opened: " + e.Message, e);
        }
        Runspace.DefaultRunspace = runspace;
        var session = new ScriptSession(host, runspace);
        if (session.FirstOpeningError() is { } error)
        {
            session.Dispose();
            throw new SessionException(error);
        }
        return session;
    }

    /// <summary>Runs a script file; arguments such as <c>-Name value</c> bind to its parameters.</summary>
    public int RunFile(string path, IReadOnlyList<string> arguments)
    {
        var script = Parser.ParseFile(path, out _, out var errors);
        if (errors.Length > 0)
            return ReportParseErrors(errors);
        Run(script.GetScriptBlock(), $"& $__script{FormatArguments(arguments)}", out var uncaught);
        return ExitCode ?? (_stopped ? Interrupted : uncaught ? Failure : 0);
    }

    /// <summary>Runs commands; the result says whether the last one succeeded.</summary>
    public int RunText(string text)
    {
        var succeeded = Run(text, out _);
        return ExitCode ?? (_stopped ? Interrupted : succeeded ? 0 : Failure);
    }

    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancel;
        _host.Console.Finish();
        _runspace.Dispose();
    }

    /// <summary>Runs text to the end and shows what it writes. False after an uncaught error or when the last command failed.</summary>
    internal bool Run(string text, out bool uncaught)
    {
        var script = Parser.ParseInput(text, out _, out var errors);
        if (errors.Length > 0)
        {
            ReportParseErrors(errors);
            uncaught = true;
            return false;
        }
        // $? can be asked for only inside the script: to the caller a dot-sourced block always succeeds.
        var plain = script.BeginBlock is null && script.ProcessBlock is null && script.EndBlock?.Unnamed != false;
        var block = plain ? ScriptBlock.Create($"{text}\n$global:__succeeded = $?") : script.GetScriptBlock();
        _runspace.SessionStateProxy.SetVariable("__succeeded", true);
        Run(block, ". $__script", out uncaught);
        return !uncaught && _runspace.SessionStateProxy.GetVariable("__succeeded") is not false;
    }

    private void Run(ScriptBlock script, string call, out bool uncaught)
    {
        var invocation = new ScriptInvocation(script, call, _host);
        _runspace.SessionStateProxy.SetVariable("__script", script);
        using var pipeline = PowerShell.Create();
        pipeline.Runspace = _runspace;
        pipeline.AddCommand(new CmdletInfo("Invoke-HostScript", typeof(InvokeHostScriptCommand))).AddParameter("Invocation", invocation);
        pipeline.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.AddCommand("Out-Default");
        _stopped = false;
        _running = pipeline;
        try
        {
            pipeline.Invoke();
            uncaught = _stopped || invocation.UncaughtError is not null;
        }
        catch (PipelineStoppedException)
        {
            uncaught = true;
        }
        catch (RuntimeException e)
        {
            invocation.UncaughtError = e.ErrorRecord;
            uncaught = true;
        }
        finally
        {
            _running = null;
            _host.Console.Finish();
        }
        if (invocation.UncaughtError is { } error)
            ShowError(error);
    }

    /// <summary>Runs text and returns what it writes, for the host's own questions such as the prompt.</summary>
    internal string Query(string text)
    {
        using var pipeline = PowerShell.Create();
        pipeline.Runspace = _runspace;
        try
        {
            return string.Concat(pipeline.AddScript(text).Invoke().Select(o => o?.ToString()));
        }
        catch (RuntimeException)
        {
            return "";
        }
    }

    /// <summary>Writes an error to standard error in the session's error view.</summary>
    private void ShowError(ErrorRecord error)
    {
        using var pipeline = PowerShell.Create();
        pipeline.Runspace = _runspace;
        pipeline.AddCommand(new CmdletInfo("Out-String", typeof(OutStringCommand))).AddParameter("Width", _host.UI.RawUI.BufferSize.Width);
        string text;
        try
        {
            text = string.Concat(pipeline.Invoke<string>(new[] { error })).TrimEnd();
        }
        catch (RuntimeException)
        {
            text = error.ToString();
        }
        _host.Console.WriteErrorLine(text);
    }

    private int ReportParseErrors(ParseError[] errors)
    {
        ShowError(new ErrorRecord(new ParseException(errors), "ParseError", ErrorCategory.ParserError, null));
        return Failure;
    }

    private string? FirstOpeningError()
    {
        var module = Query("Get-Module ContainerTools | ForEach-Object Name");
        if (module.Length > 0)
            return null;
        var error = Query("$Error | ForEach-Object { $_.ToString() }");
        return "The module ContainerTools cannot be loaded: " + (error.Length > 0 ? error : "no reason was given.");
    }

    private static string FormatArguments(IReadOnlyList<string> arguments)
    {
        var text = new StringBuilder();
        foreach (var argument in arguments)
            text.Append(' ').Append(ParameterName().IsMatch(argument) ? argument : $"'{CodeGeneration.EscapeSingleQuotedStringContent(argument)}'");
        return text.ToString();
    }

    private void OnCancel(object? sender, ConsoleCancelEventArgs e)
    {
        // The first Ctrl+C stops the pipeline and not the host; when that is still stopping, the next one ends the process.
        if (_running is { } pipeline && pipeline.InvocationStateInfo.State == PSInvocationState.Running)
        {
            e.Cancel = true;
            _stopped = true;
            pipeline.BeginStop(null, null);
        }
    }

    [GeneratedRegex(@"^-[A-Za-z_]\w*(:(\$true|\$false))?$", RegexOptions.IgnoreCase)]
    private static partial Regex ParameterName();
}
