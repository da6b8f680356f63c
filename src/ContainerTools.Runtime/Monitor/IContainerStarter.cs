using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Monitor;

/// <summary>Makes a container's process in two steps, so that it is on record before its command runs.</summary>
internal interface IContainerStarter : IDisposable
{
    /// <summary>Makes the process, which waits before its command, as a child of this one.</summary>
    /// <param name="output">Descriptor for its standard output.</param>
    /// <param name="error">Descriptor for its standard error.</param>
    PidFd Create(int output, int error);

    /// <summary>Lets the command run.</summary>
    void Start();
}
