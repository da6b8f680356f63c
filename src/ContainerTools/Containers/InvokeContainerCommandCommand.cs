using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Terminals;

namespace ContainerTools;

/// <summary>
/// Runs a further command in a running container. Its lines, or its bytes, are the output, its standard error's lines are on the error stream, and
/// its exit code is in $LASTEXITCODE.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "ContainerCommand", SupportsShouldProcess = true)]
[OutputType(typeof(string), typeof(byte))]
public sealed class InvokeContainerCommandCommand : ContainerProcessCommand
{
    private List<(Container Container, PipedCommand Command)>? _fed;
    private bool _processed;
    private ByteOutput? _bytes;

    /// <summary>The containers: objects, names with or without wildcards, ids or beginnings of ids.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [Alias("Name", "Id")]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument[] Container { get; set; } = [];

    /// <summary>The command and its arguments.</summary>
    [Parameter(Position = 1, ValueFromRemainingArguments = true)]
    [AllowEmptyString]
    [WordsTransformation]
    public string[] Command { get; set; } = [];

    /// <summary>Containers from the pipeline; or anything else, as the command's standard input.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The -c of a command that stands without -- before it, as in sh -c.</summary>
    [Parameter(DontShow = true)]
    public SwitchParameter C { get; set; }

    /// <summary>Gives the command a terminal. Where standard input and output are a terminal themselves and nothing is piped, the command is worked with there; otherwise what it shows is written line by line.</summary>
    [Parameter]
    [Alias("Tty")]
    public SwitchParameter Terminal { get; set; }

    /// <summary>Lines for the command's standard input, which the pipeline gives as well: text is a line, bytes are bytes.</summary>
    [Parameter]
    [AllowEmptyString]
    public string[]? StandardInput { get; set; }

    /// <summary>Leaves the command to itself: this one returns when it runs. What it writes is lost, and its exit code.</summary>
    [Parameter]
    public SwitchParameter Detach { get; set; }

    // By their aliases -a and -o of a command that stands without -- are ambiguous, instead of abbreviations of one of the two.

    /// <summary>Writes the bytes of the standard output to the pipeline instead of lines, as Get-Content -AsByteStream does.</summary>
    [Parameter]
    [Alias("OutByteStream")]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Writes the standard output, byte for byte, to this file, which is replaced, instead of to the pipeline.</summary>
    [Parameter]
    [Alias("AsFile")]
    [ValidateNotNullOrEmpty]
    public string? OutFile { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        TakenLetters.Check(this, nameof(Container), nameof(Command), nameof(InputObject), nameof(C));
        if (C)
            Command = LetterC.PutBack(this, nameof(Container), Command);
        if (Detach && (Terminal || StandardInput is not null))
        {
            Refuse(new ErrorRecord(new PSArgumentException("A command that is left to itself has neither a terminal nor input: leave -Terminal and -StandardInput out, or -Detach."),
                "DetachConflict", ErrorCategory.InvalidArgument, null));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _processed = true;
        var piped = InputObject?.BaseObject as Container;
        if (InputObject is not null && piped is null && IsInput())
        {
            Feed(InputBytes.Of(InputObject));
            return;
        }
        var arguments = Container;
        var command = Words;
        if (InputObject is not null && ContainerArgument.From(InputObject) is { } fromPipeline)
        {
            // The engine fills positions before it looks at the pipeline: what it took for the container is the command's first word.
            if (Container.Length > 0)
                command = [string.Join(',', Container.Select(static c => c.Text)), .. Words];
            arguments = [fromPipeline];
        }
        if (arguments.Length == 0 || command.Length == 0)
        {
            NativeStreams.SetExitCode(this, CommandFailure.ContainerFailed);
            WriteError(new ErrorRecord(
                new PSArgumentException(arguments.Length == 0 ? "Give a running container: its name or id, or through the pipeline." : $"Give the command to run in '{string.Join("', '", arguments.Select(static a => a.Text))}'."),
                arguments.Length == 0 ? "ContainerMissing" : "CommandMissing", ErrorCategory.InvalidArgument, arguments));
            return;
        }
        foreach (var argument in arguments)
        {
            Attempt(argument.Text, () =>
            {
                foreach (var container in Resolve(argument))
                    Attempt(container, () => Run(container, command));
            });
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // An empty pipeline is empty input, if the container and the command are given for certain.
        if (!_processed && MyInvocation.ExpectingInput && IsInput() && Container.Any(c => Containers.Find(c.Text).Count > 0))
            Feed(default);
        foreach (var (container, command) in _fed ?? [])
            Attempt(container, () => Finish(container, Words, command.Finish));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var (_, command) in _fed ?? [])
                command.Dispose();
            _fed = null;
            _bytes?.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>Whether what is piped is the command's input: where container and command are both given. One word alone is the command, for the containers that are piped by name.</summary>
    private bool IsInput() => Container.Length > 0 && Command.Length > 0 && !Detach;

    private protected override bool RunsCommands => true;

    private void Feed(ReadOnlyMemory<byte> data)
    {
        if (_fed is null)
        {
            _fed = [];
            foreach (var argument in Container)
                Attempt(argument.Text, () => StartFed(argument, _fed));
            if (StandardInput is not null)
                WriteInput(InputBytes.Of(StandardInput));
        }
        WriteInput(data);
    }

    private void StartFed(ContainerArgument argument, List<(Container Container, PipedCommand Command)> fed)
    {
        foreach (var container in Resolve(argument))
        {
            if (!ShouldProcess($"{container.Name} ({container.ShortId})", "Run " + string.Join(' ', Words)))
                continue;
            _bytes ??= ByteOutput.Open(this, AsByteStream, OutFile);
            fed.Add((container, Start(container)));
        }
    }

    private void WriteInput(ReadOnlyMemory<byte> data)
    {
        foreach (var (_, command) in _fed!)
            command.Write(data);
    }

    private PipedCommand Start(Container container) => new((input, queue, token) => Containers.ExecAsync(
        container, Options(Words, input, _bytes?.To(queue, token)), (stream, line) => queue.Post(() => CommandOutput.Write(this, stream, line), token), token), Stopped);

    private void Run(Container container, string[] command)
    {
        if (!ShouldProcess($"{container.Name} ({container.ShortId})", "Run " + string.Join(' ', command)))
            return;
        if (Detach)
        {
            Finish(container, command, () => Await((_, token) => Containers.ExecDetachedAsync(container, Options(command, null, null), token)));
            return;
        }
        _bytes ??= ByteOutput.Open(this, AsByteStream, OutFile);
        if (Terminal && _bytes is null && StandardInput is null && !MyInvocation.ExpectingInput && TerminalRelay.IsPossible)
        {
            Finish(container, command, () => Await((_, token) => Containers.ExecInteractiveAsync(container, Options(command, null, null), DetachKeys.Parse(DetachKeys.Default), token)) ?? 0);
            return;
        }
        using var input = StandardInput is null ? null : new MemoryStream(InputBytes.Of(StandardInput).ToArray());
        Finish(container, command, () => Await((queue, token) => Containers.ExecAsync(
            container, Options(command, input, _bytes?.To(queue, token)), (stream, line) => queue.Post(() => CommandOutput.Write(this, stream, line), token), token)));
    }

    private string[] Words => CommandWords.Of(Command, MyInvocation);

    private void Finish(Container container, string[] command, Func<int> run)
    {
        int exitCode = run();
        _bytes?.Begin();
        NativeStreams.End(this, exitCode, container, command[0]);
    }

    private ExecOptions Options(string[] command, Stream? input, Stream? output) => new()
    {
        Command = command,
        Environment = Terminal ? TerminalEnvironment.With(Environment) : NameValueTransformationAttribute.ToDictionary(Environment),
        Terminal = Terminal,
        User = User,
        WorkingDirectory = WorkingDirectory,
        Privileged = Privileged,
        StandardInput = input,
        StandardOutput = output,
    };
}
