using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>
/// Runs a command in a container of its own, and removes the container. The command's lines, or its bytes, are the output, its standard error's
/// lines are on the error stream, and its exit code is in $LASTEXITCODE. If PowerShell is ended meanwhile, in whatever way, the container ends and is removed too.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(string), typeof(byte))]
public sealed class InvokeContainerCommand : ContainerCreationCommand
{
    private bool _imageGiven;
    private bool _processed;
    private bool _fed;
    private Container? _container;
    private PipedCommand? _command;
    private ByteOutput? _bytes;

    /// <summary>The keys that leave a container worked with in this terminal, which then runs on and is kept: characters and ctrl- with a letter, separated by commas. ctrl-p,ctrl-q by default; empty for none.</summary>
    [Parameter]
    [AllowEmptyString]
    [CommaTextTransformation]
    public string DetachKeys { get; set; } = Engine.Terminals.DetachKeys.Default;

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
        // Later it may come from the pipeline.
        _imageGiven = Image is not null;
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _processed = true;
        base.ProcessRecord();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!_processed && Interactive && _imageGiven && MyInvocation.ExpectingInput)
            Feed(default);
        if (_command is { } command)
        {
            Attempt(Image!.Text, () =>
            {
                try
                {
                    End(_container!, command.Finish());
                }
                finally
                {
                    End();
                }
            });
        }
        base.EndProcessing();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            End();
            _bytes?.Dispose();
        }
        base.Dispose(disposing);
    }

    private protected override bool RunsCommands => true;

    private protected override bool TakeInput(PSObject piped)
    {
        if (!_imageGiven || piped.BaseObject is Image)
            return false;
        if (!Interactive && !IsInput(piped.BaseObject))
            return false;
        if (!Interactive)
        {
            // Once, not for each line.
            Refuse(new ErrorRecord(
                new PSArgumentException($"'{piped}' is piped, which is no image, and '{Image}' takes what is piped as its standard input only with -Interactive. Add that."),
                "InteractiveMissing", ErrorCategory.InvalidArgument, piped));
        }
        Feed(InputBytes.Of(piped));
        return true;
    }

    /// <summary>Whether what is piped can only be meant as input: it names no image, and what is given as the image does.</summary>
    private bool IsInput(object piped) => piped is ValueType or byte[] || (piped is string text && Images.Find(text).Count == 0 && Images.Find(Image!.Text).Count > 0);

    private protected override void Create(Image image, ContainerOptions options)
    {
        bool inTerminal = Interactive && Terminal;
        var keys = Engine.Terminals.DetachKeys.Parse(DetachKeys);
        if (inTerminal && _fed)
            throw new ContainerToolsException("TerminalMissing", ErrorKind.InvalidArgument, "What is piped is not a terminal. Leave -Terminal out to pipe input.", image.ToString());
        if (inTerminal)
            ContainerManager.CheckTerminal(image.ToString());
        if (!ShouldProcess(image.ToString(), "Run " + (options.Command is { Count: > 0 } command ? string.Join(' ', command) : "the image's command")))
            return;
        if (inTerminal && (AsByteStream || OutFile is not null))
            throw new ContainerToolsException("TerminalMissing", ErrorKind.InvalidArgument, "What is worked with in this terminal gives no output. Leave -AsByteStream and -OutFile out, or -Terminal.", image.ToString());
        _bytes ??= ByteOutput.Open(this, AsByteStream, OutFile);
        var container = Make(options, image);
        if (_fed)
        {
            _container = container;
            _command = new PipedCommand(async (input, queue, token) =>
            {
                if (_bytes is { } bytes)
                    return await AttachedRun.CopyAsync(this, Containers, container, input, bytes, queue, token);
                var started = await Containers.StartAttachedAsync(container, input, bound: true, token);
                return await AttachedRun.FollowAsync(this, Containers, started, started.StartedAt, queue, token);
            }, Stopped);
            return;
        }
        bool left = false;
        try
        {
            if (inTerminal)
                left = Work(container, keys);
            else
                Run(container);
        }
        finally
        {
            if (!left)
                Remove(container);
        }
    }

    private void Feed(ReadOnlyMemory<byte> data)
    {
        if (!_fed)
        {
            _fed = true;
            Attempt(Image!.Text, () => Create(Image!, Words));
        }
        _command?.Write(data);
    }

    private void End(Container container, int exitCode) => NativeStreams.End(this, exitCode, container, container.Command[0]);

    private void End()
    {
        _command?.Dispose();
        _command = null;
        if (_container is { } container)
        {
            _container = null;
            Remove(container);
        }
    }

    // Not with our own token: this is what must be done when the user has stopped us.
    private void Remove(Container container) =>
        Containers.RemoveAsync(container, new RemoveContainerOptions { Force = true, RemoveVolumes = true }, CancellationToken.None).GetAwaiter().GetResult();

    /// <returns>Whether the user left it running.</returns>
    private bool Work(Container container, Engine.Terminals.DetachKeys keys)
    {
        if (Await((_, token) => Containers.StartInTerminalAsync(container, keys, bound: true, token)))
        {
            NativeStreams.SetExitCode(this, 0);
            return true;
        }
        End(container, Containers.WaitAsync(container, Stopped).GetAwaiter().GetResult().ExitCode ?? CommandFailure.ContainerFailed);
        return false;
    }

    private void Run(Container container)
    {
        if (_bytes is { } bytes)
        {
            End(container, Await((queue, token) => AttachedRun.CopyAsync(this, Containers, container, null, bytes, queue, token)));
            return;
        }
        var started = (Interactive ? Containers.StartAttachedAsync(container, null, bound: true, Stopped) : Containers.StartBoundAsync(container, Stopped)).GetAwaiter().GetResult();
        End(container, Await((queue, token) => AttachedRun.FollowAsync(this, Containers, started, started.StartedAt, queue, token)));
    }
}
