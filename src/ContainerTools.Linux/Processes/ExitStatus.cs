namespace ContainerTools.Linux.Processes;

/// <summary>How a process ended.</summary>
/// <param name="Code">The exit code, or the number of the signal that killed it.</param>
/// <param name="Signaled">True when a signal ended it.</param>
public readonly record struct ExitStatus(int Code, bool Signaled)
{
    /// <summary>The number a shell would show: the exit code, or 128 plus the signal.</summary>
    public int ShellCode => Signaled ? 128 + Code : Code;
}
