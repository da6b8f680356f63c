using System.Runtime.InteropServices;
using ContainerTools.Linux.Namespaces;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Network;

/// <summary>A netlink socket (netlink(7)). It belongs to the network namespace it was made in, whatever the thread does later.</summary>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    /// <summary>NLM_F_REQUEST.</summary>
    public const ushort Request = 1;

    /// <summary>NLM_F_ACK.</summary>
    public const ushort Acknowledge = 4;

    /// <summary>NLM_F_DUMP.</summary>
    public const ushort Dump = 0x300;

    private const int ErrorMessage = 2, DoneMessage = 3, HeaderLength = 16;
    private const int Netlink = 16, Raw = 3, CloseOnExec = 0x80000;
    private const int SolNetlink = 270, CapAck = 10, ExtAck = 11;
    private const int AckAttributes = 0x200, MessageAttribute = 1;

    private readonly SafeFileHandle _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];

    private NetlinkSocket(SafeFileHandle socket) => _socket = socket;

    /// <summary>Receives the content of one message of an answer.</summary>
    public delegate void Receiver(int type, ReadOnlySpan<byte> content);

    /// <summary>Opens a socket.</summary>
    /// <param name="protocol">NETLINK_ROUTE (0), NETLINK_NETFILTER (12).</param>
    /// <param name="networkNamespace">The namespace; null for the calling thread's.</param>
    public static NetlinkSocket Open(int protocol, SafeFileHandle? networkNamespace)
    {
        if (networkNamespace is null)
            return Open(protocol);
        using var own = NamespaceFile.Open("/proc/thread-self/ns/net");
        NamespaceFile.Enter(networkNamespace, NamespaceKinds.Network);
        try
        {
            return Open(protocol);
        }
        finally
        {
            NamespaceFile.Enter(own, NamespaceKinds.Network);
        }
    }

    /// <summary>Sends messages and waits for the answers to all of them.</summary>
    /// <param name="messages">The messages: with <see cref="Acknowledge"/>, or a single one that asks for a dump. Those without are answered only if they fail, and then nothing else may be.</param>
    /// <param name="describe">What a message was about, by its number from 0, for an error.</param>
    /// <param name="receiver">Receives what comes beside acknowledgements.</param>
    /// <exception cref="LinuxException">The first message that the kernel refused. Those behind it have been carried out nevertheless.</exception>
    public void Execute(NetlinkWriter messages, Func<int, string> describe, Receiver? receiver = null)
    {
        if (messages.Count == 0)
            return;
        var data = messages.Finish();
        fixed (byte* p = data)
        {
            var sent = NetworkCalls.send((int)_socket.DangerousGetHandle(), p, data.Length, 0);
            if (sent < 0)
                throw LinuxException.Last("send", "netlink");
        }
        LinuxException? first = null;
        for (var left = messages.Answers; left > 0;)
        {
            var rest = (ReadOnlySpan<byte>)_buffer.AsSpan(0, Receive());
            while (rest.Length >= HeaderLength)
            {
                var length = MemoryMarshal.Read<int>(rest);
                if (length < HeaderLength || length > rest.Length)
                    throw new InvalidDataException("The kernel sent a malformed netlink message.");
                int type = MemoryMarshal.Read<ushort>(rest[4..]);
                int flags = MemoryMarshal.Read<ushort>(rest[6..]);
                var sequence = MemoryMarshal.Read<int>(rest[8..]);
                var content = rest[HeaderLength..length];
                if (type == ErrorMessage)
                {
                    first ??= Error(content, flags, sequence, describe);
                    left = messages.IsAnswered(sequence) ? left - 1 : 0;
                }
                else if (type == DoneMessage)
                {
                    left--;
                }
                else
                {
                    receiver?.Invoke(type, content);
                }
                rest = rest[Math.Min(rest.Length, (length + 3) & ~3)..];
            }
        }
        if (first is not null)
            throw first;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static LinuxException? Error(ReadOnlySpan<byte> content, int flags, int sequence, Func<int, string> describe)
    {
        var error = MemoryMarshal.Read<int>(content);
        if (error >= 0)
            return null;
        var what = describe(sequence - 1);
        if ((flags & AckAttributes) != 0 && content.Length > 4 + HeaderLength)
        {
            var attributes = new NetlinkReader(content[(4 + HeaderLength)..]);
            while (attributes.Read())
            {
                if (attributes.Type == MessageAttribute)
                    what += $" ({attributes.ToText()})";
            }
        }
        return new LinuxException(-error, what);
    }

    private static NetlinkSocket Open(int protocol)
    {
        var fd = NetworkCalls.socket(Netlink, Raw | CloseOnExec, protocol);
        if (fd < 0)
            throw LinuxException.Last("socket", "AF_NETLINK");
        int on = 1;
        // Errors with the kernel's own words, and without the whole request.
        _ = NetworkCalls.setsockopt(fd, SolNetlink, ExtAck, &on, sizeof(int));
        _ = NetworkCalls.setsockopt(fd, SolNetlink, CapAck, &on, sizeof(int));
        return new NetlinkSocket(new SafeFileHandle(fd, ownsHandle: true));
    }

    private int Receive()
    {
        fixed (byte* p = _buffer)
        {
            while (true)
            {
                var count = NetworkCalls.recv((int)_socket.DangerousGetHandle(), p, _buffer.Length, 0);
                if (count >= 0)
                    return (int)count;
                if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                    throw LinuxException.Last("recv", "netlink");
            }
        }
    }
}
