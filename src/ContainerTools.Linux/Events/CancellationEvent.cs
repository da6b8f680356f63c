using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Events;

/// <summary>A descriptor that becomes readable when a token is cancelled, so that poll(2) can wait for either.</summary>
public sealed class CancellationEvent : IDisposable
{
    private readonly CancellationTokenRegistration _registration;
    private readonly int _fd = EventCalls.EventDescriptor();

    /// <summary>Watches a token.</summary>
    public CancellationEvent(CancellationToken cancellationToken) =>
        _registration = cancellationToken.UnsafeRegister(static state => ((CancellationEvent)state!).Set(), this);

    /// <summary>The descriptor to poll.</summary>
    public int Descriptor => _fd;

    /// <summary>Closes the descriptor, after a running callback has ended.</summary>
    public void Dispose()
    {
        _registration.Dispose();
        _ = FileCalls.Close(_fd);
    }

    private void Set() => _ = FileCalls.Write(_fd, BitConverter.GetBytes(1UL));
}
