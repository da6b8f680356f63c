using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;

namespace ContainerTools.Runtime.Monitor;

/// <summary>The pipes for a container's standard output and standard error.</summary>
/// <param name="OutputRead">The monitor's end.</param>
/// <param name="OutputWrite">The container's.</param>
/// <param name="ErrorRead">The monitor's end.</param>
/// <param name="ErrorWrite">The container's.</param>
internal sealed record StreamPipes(int OutputRead, int OutputWrite, int ErrorRead, int ErrorWrite)
{
    public static StreamPipes Create()
    {
        var (outputRead, outputWrite) = EventCalls.Pipe();
        var (errorRead, errorWrite) = EventCalls.Pipe();
        return new StreamPipes(outputRead, outputWrite, errorRead, errorWrite);
    }

    /// <summary>Closes the container's ends in this process.</summary>
    public void CloseWriters()
    {
        _ = FileCalls.Close(OutputWrite);
        _ = FileCalls.Close(ErrorWrite);
    }

    /// <summary>Closes all of them.</summary>
    public void Close()
    {
        CloseWriters();
        _ = FileCalls.Close(OutputRead);
        _ = FileCalls.Close(ErrorRead);
    }
}
