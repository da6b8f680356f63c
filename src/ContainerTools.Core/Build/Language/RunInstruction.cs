namespace ContainerTools.Core.Build.Language;

/// <summary><c>RUN [--mount=...] [--device=...] [--network=...] [--security=...] command</c>.</summary>
public sealed record RunInstruction : Instruction
{
    /// <inheritdoc/>
    public override string Name => "RUN";

    /// <summary>
    /// The command. A heredoc alone is the script itself; one that a command reads (<c>RUN python3 &lt;&lt;EOF</c>) stands in the script for the shell to handle.
    /// </summary>
    public required CommandLine Command { get; init; }

    /// <summary>
    /// A heredoc alone that begins with <c>#!</c>: a file to make executable and run directly, instead of <see cref="Command"/> (BuildKit shows it
    /// read-only as <c>/dev/pipes/NAME</c>); or null.
    /// </summary>
    public Heredoc? ScriptFile { get; init; }

    /// <summary>All its heredocs, in order.</summary>
    public IReadOnlyList<Heredoc> Heredocs { get; init; } = [];

    /// <summary>The mounts, in order. Before expansion, a value with a variable in it is as if it had not been given (<c>from</c> may not have one).</summary>
    public IReadOnlyList<RunMount> Mounts { get; init; } = [];

    /// <summary>The values of <c>--mount</c> as written.</summary>
    public IReadOnlyList<string> MountFlags { get; init; } = [];

    /// <summary>The devices that it is given, in order.</summary>
    public IReadOnlyList<RunDevice> Devices { get; init; } = [];

    /// <summary>The network it runs with.</summary>
    public RunNetwork Network { get; init; }

    /// <summary>The rights it runs with.</summary>
    public RunSecurity Security { get; init; }
}
