using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>Starts containers.</summary>
[Cmdlet(VerbsLifecycle.Start, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(Container), typeof(string))]
public sealed class StartContainerCommand : ContainerCommand
{
    /// <summary>Writes the started containers.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>
    /// Writes what the container writes, line by line, until it ends; its exit code is in $LASTEXITCODE. One that was made with -Interactive and -Terminal is worked with in this terminal. One that runs already
    /// is joined: what it writes from now on is shown. When this command is stopped the container runs on.
    /// </summary>
    [Parameter]
    public SwitchParameter Attach { get; set; }

    /// <summary>Lines for the standard input of a container that was made with -Interactive, which ends with them; with -Attach. By default it is empty then.</summary>
    [Parameter]
    [AllowEmptyString]
    public string[]? StandardInput { get; set; }

    /// <summary>The keys that leave a container worked with in this terminal, which runs on: characters and ctrl- with a letter, separated by commas. ctrl-p,ctrl-q by default; empty for none.</summary>
    [Parameter]
    [AllowEmptyString]
    [CommaTextTransformation]
    public string DetachKeys { get; set; } = Engine.Terminals.DetachKeys.Default;

    /// <summary>How many containers are started at the same time; 1 by default: each when the one before it runs. Not with -Attach.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = 1;

    private readonly Queue<(Container Container, Task<Container> Start)> _starting = new();

    /// <inheritdoc/>
    protected override void EndProcessing() => FinishStarts(leave: 0);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // A cmdlet after this one has ended the pipeline: what was begun is still brought to its end.
        if (disposing)
            Task.WhenAll(_starting.Select(s => s.Start.ContinueWith(t => t.Exception, TaskScheduler.Default))).Wait(CancellationToken.None);
        base.Dispose(disposing);
    }

    private protected override bool RunsCommands => Attach;

    private protected override void Process(Container container)
    {
        if (Attach && ThrottleLimit > 1)
            throw new ContainerToolsException("ThrottleConflict", ErrorKind.InvalidArgument, "-ThrottleLimit does not go with -Attach: containers that are followed to their end are started one after the other.", container.Name);
        if (StandardInput is not null && !Attach)
            throw new ContainerToolsException("AttachMissing", ErrorKind.InvalidArgument, "Standard input can be given with -Attach only.", container.Name);
        if (StandardInput is not null && container.Terminal)
            throw new ContainerToolsException("TerminalMissing", ErrorKind.InvalidArgument, $"Lines are not a terminal: the container '{container.Name}' was made with -Terminal, which is worked with in this terminal.", container.Name);
        if (!ShouldProcess(Describe(container), "Start container"))
            return;
        if (Attach)
        {
            Run(container);
            return;
        }
        if (ThrottleLimit == 1)
        {
            // Here, since another thread would have to be woken twice.
            Write(Containers.Start(container, Stopped));
            return;
        }
        _starting.Enqueue((container, Containers.StartAsync(container, Stopped)));
        FinishStarts(leave: ThrottleLimit - 1);
    }

    /// <summary>Waits for starts that are under way, the oldest first, so that what is written has the order of what came in.</summary>
    /// <param name="leave">How many may go on.</param>
    private void FinishStarts(int leave)
    {
        while (_starting.Count > leave)
        {
            var (container, start) = _starting.Dequeue();
            Attempt(container, () => Write(start.GetAwaiter().GetResult()));
        }
    }

    private void Write(Container started)
    {
        if (PassThru)
            WriteObject(started);
    }

    private void Run(Container container)
    {
        // One that runs already is not this command's.
        bool mayStart = container.State is ContainerState.Created or ContainerState.Exited, attempted = false;
        try
        {
            int exitCode;
            if (container is { Interactive: true, Terminal: true })
            {
                var keys = Engine.Terminals.DetachKeys.Parse(DetachKeys);
                ContainerManager.CheckTerminal(container.Name);
                attempted = mayStart;
                if (Await((_, token) => Containers.StartInTerminalAsync(container, keys, bound: false, token)))
                {
                    NativeStreams.SetExitCode(this, 0);
                    return;
                }
                exitCode = Containers.WaitAsync(container, Stopped).GetAwaiter().GetResult().ExitCode ?? CommandFailure.ContainerFailed;
            }
            else
            {
                // Read until the container ends, also after this command has.
                var input = StandardInput is null ? null : new MemoryStream(InputBytes.Of(StandardInput).ToArray());
                attempted = mayStart;
                DateTimeOffset now = DateTimeOffset.UtcNow;
                var started = Containers.StartAttachedAsync(container, input, bound: false, Stopped).GetAwaiter().GetResult();
                exitCode = Await((queue, token) => AttachedRun.FollowAsync(this, Containers, started, attempted ? started.StartedAt : now, queue, token));
            }
            NativeStreams.SetExitCode(this, exitCode);
            if (PassThru && Containers.Find(container.Id) is [var ended])
                WriteObject(ended);
            NativeStreams.End(this, exitCode, container, container.Command[0]);
        }
        finally
        {
            if (attempted)
                Containers.ReleaseAttached(container);
        }
    }
}
