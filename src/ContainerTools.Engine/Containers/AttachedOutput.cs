using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Containers;

/// <summary>What a container writes to its standard output, which its monitor hands over as messages: a byte to pass over, and the bytes. While they are not taken the container waits.</summary>
public sealed class AttachedOutput : IDisposable
{
    private const int LongestMessage = 64 * 1024;

    private readonly SafeFileHandle _connection;

    internal AttachedOutput(SafeFileHandle connection) => _connection = connection;

    /// <summary>Copies it to its end, on the caller's thread.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void CopyTo(Stream target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        using var cancelled = new CancellationEvent(cancellationToken);
        int descriptor = (int)_connection.DangerousGetHandle();
        byte[] buffer = new byte[LongestMessage];
        PollEntry[] entries =
        [
            new() { Descriptor = descriptor, Events = EventCalls.PollIn },
            new() { Descriptor = cancelled.Descriptor, Events = EventCalls.PollIn },
        ];
        while (true)
        {
            LinuxException.ThrowIfFailed(EventCalls.Poll(entries, -1), "poll");
            cancellationToken.ThrowIfCancellationRequested();
            int count = FileCalls.Read(descriptor, buffer);
            if (count <= 0)
                return;
            target.Write(buffer.AsSpan(1, count - 1));
        }
    }

    /// <summary>Takes no more of it.</summary>
    public void Dispose() => _connection.Dispose();
}
