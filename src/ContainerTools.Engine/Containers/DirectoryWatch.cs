using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Containers;

/// <summary>Notices changes in a container's directory (inotify(7)).</summary>
internal sealed class DirectoryWatch : IDisposable
{
    private readonly int _fd = EventCalls.NotifyDescriptor();

    public DirectoryWatch(string directory)
    {
        int result = EventCalls.AddWatch(_fd, directory, EventCalls.Modified | EventCalls.ClosedAfterWriting | EventCalls.MovedIn | EventCalls.Created | EventCalls.MovedItself | EventCalls.DeletedItself);
        // The directory may be gone; then there is nothing to wait for, and the caller's next look tells.
        if (result < 0 && result != -Errno.ENOENT)
        {
            _ = FileCalls.Close(_fd);
            throw new LinuxException(-result, "inotify_add_watch", directory);
        }
    }

    /// <summary>Waits for a change since the object was made, or since the last wait.</summary>
    /// <param name="timeout">How long; null for ever.</param>
    /// <param name="cancellationToken">Ends the wait with an exception.</param>
    /// <param name="otherDescriptor">A further descriptor that ends the wait when it is readable, such as a process's.</param>
    /// <returns>Whether there was a change.</returns>
    public bool Wait(TimeSpan? timeout, CancellationToken cancellationToken, int otherDescriptor = -1)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var cancelled = new CancellationEvent(cancellationToken);
        Span<PollEntry> entries = [new() { Descriptor = _fd, Events = EventCalls.PollIn }, new() { Descriptor = cancelled.Descriptor, Events = EventCalls.PollIn },
            new() { Descriptor = otherDescriptor, Events = EventCalls.PollIn }];
        int milliseconds = timeout is { } t ? (int)Math.Min(int.MaxValue, Math.Ceiling(t.TotalMilliseconds)) : -1;
        LinuxException.ThrowIfFailed(EventCalls.Poll(entries, milliseconds), "poll");
        cancellationToken.ThrowIfCancellationRequested();
        Span<byte> events = stackalloc byte[4096];
        bool any = false;
        while (FileCalls.Read(_fd, events) > 0)
            any = true;
        return any;
    }

    // Taking a watch away waits for a grace period of the kernel, up to 20 ms: not in the caller's way.
    public void Dispose() => ThreadPool.UnsafeQueueUserWorkItem(static fd => _ = FileCalls.Close(fd), _fd, preferLocal: false);
}
