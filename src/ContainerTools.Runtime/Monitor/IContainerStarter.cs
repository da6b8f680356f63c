using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Monitor;

/// <summary>Makes a container's process in two steps, so that it is on record before its command runs.</summary>
internal interface IContainerStarter : IDisposable
{
    /// <summary>Makes the process, which waits before its command, as a child of this one.</summary>
    /// <param name="input">Descriptor for its standard input; -1 for none.</param>
    /// <param name="pipes">Its other standard streams.</param>
    /// <param name="made">Is called as soon as the process and its namespaces are there, with its id; other work on it may still be under way.</param>
    PidFd Create(int input, StreamPipes pipes, Action<int> made);

    /// <summary>Gives the master side of its terminal away, for the caller to close; -1 if it has no terminal.</summary>
    int TakeConsole();

    /// <summary>Gives the container's root file system away, for the caller to close; -1 where it is not held.</summary>
    int TakeRoot();

    /// <summary>Lets the command run.</summary>
    void Start();
}
