using ContainerTools.Engine;

namespace ContainerTools.Cmdlets;

/// <summary>The exit codes that shells and docker give to a command that could not be run at all.</summary>
internal static class CommandFailure
{
    /// <summary>The container itself failed.</summary>
    public const int ContainerFailed = 125;

    /// <summary>Ctrl+C, as SIGINT would end it.</summary>
    public const int Interrupted = 130;

    private const int NotExecutable = 126;
    private const int NotFound = 127;

    public static int ExitCode(Exception error) => error switch
    {
        ContainerToolsException { ErrorId: "CommandNotFound" } => NotFound,
        ContainerToolsException { ErrorId: "CommandNotExecutable" } => NotExecutable,
        _ => ContainerFailed,
    };
}
