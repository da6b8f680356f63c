using System.Runtime.InteropServices;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Network;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>One way of a pair of connections.</summary>
/// <param name="source">The connection that is read.</param>
/// <param name="target">The one that is written.</param>
internal sealed unsafe class StreamDirection(int source, int target) : IDisposable
{
    private const int Size = 1 << 16, Sending = 1;

    // For all: what a target takes at once is never kept.
    private static readonly byte[] s_buffer = new byte[Size];

    // What it did not take. Many connections may wait, so it is no memory of the runtime's, which has little.
    private byte* _rest;
    private int _start;
    private int _end;

    /// <summary>Whether nothing more is moved.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Whether the source was broken.</summary>
    public bool SourceFailed { get; private set; }

    /// <summary>Whether the target was broken; it may have said something before.</summary>
    public bool TargetFailed { get; private set; }

    /// <summary>Whether the source has come to its end.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether something waits for the target.</summary>
    public bool HasMore => _end > _start;

    /// <summary>Whether something can be read.</summary>
    public bool CanRead => !HasMore && !IsDone;

    /// <summary>Moves what there is.</summary>
    public void Move()
    {
        // Not for ever: others wait too.
        for (var round = 0; round < 16 && !IsDone; round++)
        {
            if (HasMore)
            {
                _start += Send(_rest + _start, _end - _start);
                if (HasMore)
                    return;
                Dispose();
                continue;
            }
            var count = FileCalls.Read(source, s_buffer);
            if (count == -Errno.EAGAIN)
                return;
            if (count <= 0)
            {
                // At once: nothing would wake this again.
                IsDone = true;
                HasEnded = count == 0;
                SourceFailed = count < 0;
                if (HasEnded)
                    _ = NetworkCalls.shutdown(target, Sending);
                return;
            }
            fixed (byte* data = s_buffer)
            {
                var sent = Send(data, count);
                if (sent < count && !IsDone)
                    Keep(data + sent, count - sent);
            }
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_rest);
        _rest = null;
        (_start, _end) = (0, 0);
    }

    /// <summary>Sends as much as the target takes now.</summary>
    private int Send(byte* data, int count)
    {
        // No SIGPIPE.
        const int NoSignal = 0x4000;
        var sent = 0;
        while (sent < count)
        {
            var result = NetworkCalls.send(target, data + sent, count - sent, NoSignal);
            if (result >= 0)
            {
                sent += (int)result;
                continue;
            }
            var errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.EINTR)
                continue;
            if (errno != Errno.EAGAIN)
            {
                TargetFailed = IsDone = true;
                Dispose();
            }
            break;
        }
        return sent;
    }

    private void Keep(byte* data, int count)
    {
        _rest = (byte*)NativeMemory.Alloc((nuint)count);
        (_start, _end) = (0, count);
        Buffer.MemoryCopy(data, _rest, count, count);
    }
}
