namespace ContainerTools.TestSupport;

/// <summary>What a finished command left behind.</summary>
public sealed record CommandResult(string CommandLine, int ExitCode, string Output, string Error)
{
    /// <summary>The standard output's lines, without the empty one after the last newline.</summary>
    public IReadOnlyList<string> Lines => Output.Length == 0 ? [] : Output.TrimEnd('\n').Split('\n');

    /// <summary>Fails the test, with all that the command said, unless it exited with 0.</summary>
    public CommandResult Succeeded() => ExitCode == 0 ? this : throw new InvalidOperationException(
        $"'{CommandLine}' exited with {ExitCode}.\n--- stdout\n{Output}\n--- stderr\n{Error}");
}
