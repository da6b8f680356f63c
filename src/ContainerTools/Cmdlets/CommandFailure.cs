using ContainerTools.Engine;

namespace ContainerTools.Cmdlets;

/// <summary>The exit codes that shells and docker give to a command that could not be run at all.</summary>
internal static class CommandFailure
{
    /// <summary>The container itself failed.</summary>
    public const int ContainerFailed = 125;

    private const int NotExecutable = 126;
    private const int NotFound = 127;

    public static int ExitCode(ContainerToolsException error) => error.ErrorId switch
    {
        "CommandNotFound" => NotFound,
        "CommandNotExecutable" => NotExecutable,
        _ => ContainerFailed,
    };
}
