using ContainerTools.Engine.Containers;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Monitor;

internal sealed class OwnRuntimeStarter(MonitorArguments options) : IContainerStarter
{
    public PidFd Create(int output, int error) => throw new InvalidOperationException(options.Id);

    public void Start() { }

    public void Dispose() { }
}
