using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.RootFileSystems;

/// <summary>Descriptors that are closed together.</summary>
internal sealed class HandleBag : IDisposable
{
    private readonly List<SafeFileHandle> handles = [];

    public SafeFileHandle Add(SafeFileHandle handle)
    {
        handles.Add(handle);
        return handle;
    }

    public void Dispose()
    {
        foreach (var handle in handles)
            handle.Dispose();
    }
}
