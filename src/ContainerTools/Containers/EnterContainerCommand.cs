using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;

namespace ContainerTools;

/// <summary>Works in a running container with a shell, in a terminal that is joined to this one.</summary>
[Cmdlet(VerbsCommon.Enter, "Container")]
public sealed class EnterContainerCommand : ContainerProcessCommand
{
    /// <summary>The container: its object, name, id or the beginning of its id.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Id")]
    [ContainerTransformation]
    [ArgumentCompleter(typeof(ContainerCompleter))]
    public ContainerArgument? Container { get; set; }

    /// <summary>The program to run instead of the user's shell, and its arguments.</summary>
    [Parameter(Position = 1, ValueFromRemainingArguments = true)]
    [AllowEmptyString]
    [WordsTransformation]
    public string[] Command { get; set; } = [];

    /// <summary>The keys that leave the container: characters and ctrl- with a letter, separated by commas. ctrl-p,ctrl-q by default; empty for none.</summary>
    [Parameter]
    [AllowEmptyString]
    [CommaTextTransformation]
    public string DetachKeys { get; set; } = Engine.Terminals.DetachKeys.Default;

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Container, () =>
    {
        var keys = Engine.Terminals.DetachKeys.Parse(DetachKeys);
        var container = Resolve(Container!) is [var only] ? only
            : throw new ContainerToolsException("ContainerAmbiguous", ErrorKind.InvalidArgument, $"'{Container}' does not name one container. One can be entered at a time.", Container!.Text);
        var options = new ExecOptions
        {
            Command = Command.Length > 0 ? CommandWords.Of(Command, MyInvocation) : Containers.FindShell(container, User),
            Environment = TerminalEnvironment.With(Environment),
            User = User,
            WorkingDirectory = WorkingDirectory,
            Privileged = Privileged,
            Terminal = true,
        };
        NativeStreams.SetExitCode(this, Await((_, token) => Containers.ExecInteractiveAsync(container, options, keys, token)) ?? 0);
    });

    private protected override bool RunsCommands => true;
}
