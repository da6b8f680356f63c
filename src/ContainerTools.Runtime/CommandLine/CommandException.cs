namespace ContainerTools.Runtime.CommandLine;

/// <summary>A command that cannot be carried out: one sentence for the person, and the exit code.</summary>
internal sealed class CommandException : Exception
{
    public CommandException(string message, int exitCode = 1, Exception? inner = null)
        : base(message, inner) => ExitCode = exitCode;

    public int ExitCode { get; }
}
