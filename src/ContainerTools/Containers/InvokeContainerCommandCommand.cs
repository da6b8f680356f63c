using System.Collections;
using System.Management.Automation;
using System.Text;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>
/// Runs a further command in a running container. Its lines are the output, its standard error's lines are on the error stream, and
/// its exit code is in $LASTEXITCODE.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "ContainerCommand", SupportsShouldProcess = true)]
[OutputType(typeof(string))]
public sealed class InvokeContainerCommandCommand : ContainerToolsCmdlet
{
    /// <summary>The containers: objects, names with or without wildcards, ids or beginnings of ids.</summary>
    [Parameter(Position = 0)]
    [Alias("Name", "Id")]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument? Container { get; set; }

    /// <summary>The command and its arguments.</summary>
    [Parameter(Position = 1, ValueFromRemainingArguments = true)]
    [AllowEmptyString]
    public string[] Command { get; set; } = [];

    /// <summary>A container from the pipeline.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Variables beside the container's own, as a hashtable or NAME=VALUE.</summary>
    [Parameter]
    [Alias("Env")]
    [NameValueTransformation]
    public Hashtable? Environment { get; set; }

    /// <summary>The user inside; the container's by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <summary>The directory inside that the command starts in; the container's by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>Gives the command all capabilities.</summary>
    [Parameter]
    public SwitchParameter Privileged { get; set; }

    /// <summary>Lines for the command's standard input.</summary>
    [Parameter]
    [AllowEmptyString]
    public string[]? StandardInput { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var argument = Container;
        var command = Command;
        if (InputObject is not null && ContainerArgument.From(InputObject) is { } piped)
        {
            // The engine fills positions before it looks at the pipeline: what it took for the container is the command's first word.
            if (Container is { } first)
                command = [first.Text, .. Command];
            argument = piped;
        }
        if (argument is null || command.Length == 0)
        {
            WriteError(new ErrorRecord(
                new PSArgumentException(argument is null ? "Give a running container: its name or id, or through the pipeline." : $"Give the command to run in '{argument}'."),
                argument is null ? "ContainerMissing" : "CommandMissing", ErrorCategory.InvalidArgument, argument));
            return;
        }
        Attempt(argument.Text, () =>
        {
            foreach (var container in Resolve(argument))
                Attempt(container, () => Run(container, command));
        });
    }

    private void Run(Container container, string[] command)
    {
        if (!ShouldProcess($"{container.Name} ({container.ShortId})", "Run " + string.Join(' ', command)))
            return;
        using var input = StandardInput is null ? null : new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(StandardInput.Select(l => l + "\n"))));
        var options = new ExecOptions
        {
            Command = command,
            Environment = NameValueTransformationAttribute.ToDictionary(Environment).ToDictionary(p => p.Key, p => p.Value ?? ""),
            User = User,
            WorkingDirectory = WorkingDirectory,
            Privileged = Privileged,
            StandardInput = input,
        };
        try
        {
            var exitCode = Await((queue, token) => Containers.ExecAsync(
                container, options, (stream, line) => queue.Post(() => CommandOutput.Write(this, stream, line), token), token));
            NativeStreams.SetExitCode(this, exitCode);
        }
        catch (ContainerToolsException e)
        {
            NativeStreams.SetExitCode(this, CommandFailure.ExitCode(e));
            throw;
        }
    }
}
