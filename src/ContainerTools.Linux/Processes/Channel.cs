using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Processes;

/// <summary>Messages with descriptors between this process and a child of it: a pair of connected unix(7) SOCK_SEQPACKET sockets.</summary>
public sealed unsafe class Channel : IDisposable
{
    private const int CmsgCloseOnExec = 0x40000000;
    private const int ConnectionReset = 104;
    private const int HeaderSize = 56, ControlHeaderSize = 16;

    private Channel(int own, int other)
    {
        Own = new SafeFileHandle(own, ownsHandle: true);
        Other = new SafeFileHandle(other, ownsHandle: true);
    }

    /// <summary>The most descriptors that one message carries (SCM_MAX_FD).</summary>
    public const int MaximumDescriptors = 253;

    /// <summary>This process's end.</summary>
    public SafeFileHandle Own { get; private set; }

    /// <summary>The child's end; closed here once the child has it.</summary>
    public SafeFileHandle Other { get; }

    /// <summary>Makes a pair.</summary>
    /// <exception cref="LinuxException">No descriptors are left.</exception>
    public static Channel Create()
    {
        const int Unix = 1, SeqPacket = 5, CloseOnExec = 0x80000;
        var pair = stackalloc int[2];
        return NativeMethods.Socketpair(Unix, SeqPacket | CloseOnExec, 0, pair) == 0 ? new Channel(pair[0], pair[1]) : throw LinuxException.Last("socketpair");
    }

    /// <summary>This process's end, for whoever disposes of it; it no longer goes with this.</summary>
    public SafeFileHandle TakeOwn()
    {
        var own = Own;
        Own = new SafeFileHandle(-1, ownsHandle: false);
        return own;
    }

    /// <summary>Sends a message.</summary>
    /// <returns>False when the other side is gone.</returns>
    public bool Send(ReadOnlySpan<byte> message, ReadOnlySpan<int> descriptors = default) => Send(Own, message, descriptors);

    /// <summary>Sends a message on any unix(7) socket.</summary>
    /// <returns>False when the other side is gone.</returns>
    public static bool Send(SafeFileHandle socket, ReadOnlySpan<byte> message, ReadOnlySpan<int> descriptors)
    {
        const int NoSignal = 0x4000;
        var control = stackalloc byte[ControlHeaderSize + MaximumDescriptors * 4];
        var header = stackalloc long[HeaderSize / 8];
        var vector = stackalloc long[2];
        fixed (byte* p = message)
        {
            Prepare(header, vector, p, message.Length, control, descriptors.Length == 0 ? 0 : ControlHeaderSize + (descriptors.Length * 4 + 7 & -8));
            *(long*)control = ControlHeaderSize + descriptors.Length * 4;
            *(int*)(control + 8) = 1; // SOL_SOCKET
            *(int*)(control + 12) = 1; // SCM_RIGHTS
            descriptors.CopyTo(new Span<int>(control + ControlHeaderSize, descriptors.Length));
            if (NativeMethods.Syscall(SystemCalls.Sendmsg, socket.DangerousGetHandle(), (long)header, NoSignal) >= 0)
                return true;
            var error = LinuxException.Last("sendmsg");
            return error.Errno is Errno.EPIPE or ConnectionReset ? false : throw error;
        }
    }

    /// <summary>Waits for a message.</summary>
    /// <param name="message">Where it goes.</param>
    /// <param name="descriptor">The descriptor that came with it, or null.</param>
    /// <returns>Its length; 0 when the other side is gone.</returns>
    public int Receive(Span<byte> message, out SafeFileHandle? descriptor) => Receive(Own, message, out descriptor);

    /// <summary>Waits for a message on any unix(7) socket.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="message">Where it goes.</param>
    /// <param name="descriptor">The descriptor that came with it, or null.</param>
    /// <returns>Its length; 0 when the other side is gone.</returns>
    public static int Receive(SafeFileHandle socket, Span<byte> message, out SafeFileHandle? descriptor)
    {
        Span<int> descriptors = [-1];
        var length = Receive(socket, message, descriptors);
        descriptor = descriptors[0] >= 0 ? new SafeFileHandle(descriptors[0], ownsHandle: true) : null;
        return length;
    }

    /// <summary>Waits for a message with several descriptors, on any unix(7) socket.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="message">Where it goes.</param>
    /// <param name="descriptors">Where the descriptors go, which close on exec; what stays as it is has not come.</param>
    /// <returns>Its length; 0 when the other side is gone.</returns>
    public static int Receive(SafeFileHandle socket, Span<byte> message, Span<int> descriptors)
    {
        var size = ControlHeaderSize + (descriptors.Length * 4 + 7 & -8);
        var control = stackalloc byte[size];
        var header = stackalloc long[HeaderSize / 8];
        var vector = stackalloc long[2];
        fixed (byte* p = message)
        {
            while (true)
            {
                Prepare(header, vector, p, message.Length, control, size);
                var length = NativeMethods.Syscall(SystemCalls.Recvmsg, socket.DangerousGetHandle(), (long)header, CmsgCloseOnExec);
                if (length >= 0)
                {
                    // The control message's own length says how many there are.
                    if (header[5] >= ControlHeaderSize + 4)
                        new ReadOnlySpan<int>(control + ControlHeaderSize, (int)(*(long*)control - ControlHeaderSize) / 4).CopyTo(descriptors);
                    return (int)length;
                }
                var error = LinuxException.Last("recvmsg");
                // A reset only says that the other side left with something unread; what it sent before is still to be had, and the end after that.
                if (error.Errno is not (Errno.EINTR or ConnectionReset))
                    throw error;
            }
        }
    }

    /// <summary>Adds to a table the receipt of one message, all of whose descriptors close on exec.</summary>
    /// <param name="table">The table.</param>
    /// <param name="socket">The child's end, in the child.</param>
    /// <param name="messageOffset">Where in the table's data the message goes.</param>
    /// <param name="messageSize">How long it may be.</param>
    /// <param name="descriptors">How many descriptors come with it.</param>
    /// <returns>Offset of the first descriptor in the table's data; 4 bytes each.</returns>
    internal static int AddReceipt(CallTable table, int socket, int messageOffset, int messageSize, int descriptors)
    {
        var control = table.Reserve(ControlHeaderSize + (descriptors * 4 + 7 & -8));
        // What does not arrive (the kernel cuts a message off when the process can have no more descriptors) must not be taken for descriptor 0.
        for (var i = 0; i < descriptors; i++)
            table.Set(control + ControlHeaderSize + i * 4, -1);
        var header = AddHeader(table, messageOffset, messageSize, control, descriptors);
        table.Add("recvmsg", null, SystemCalls.Recvmsg, socket, CallArgument.AddressOf(header), CmsgCloseOnExec).FailOnZero();
        return control + ControlHeaderSize;
    }

    /// <summary>Adds to a table the sending of one byte and, unless it is -1, one descriptor.</summary>
    internal static void AddMessage(CallTable table, int socket, byte message, int descriptor = -1) => _ = AddMessage(table, socket, table.Store([message]), 1, descriptor);

    /// <summary>Adds to a table the sending of a message that lies in its data and, unless it is -1, one descriptor.</summary>
    internal static CallStep AddMessage(CallTable table, int socket, int offset, int size, int descriptor)
    {
        var control = 0;
        if (descriptor >= 0)
        {
            control = table.Reserve(ControlHeaderSize + 8);
            table.Set(control, ControlHeaderSize + 4L);
            table.Set(control + 8, 1); // SOL_SOCKET
            table.Set(control + 12, 1); // SCM_RIGHTS
            table.Set(control + 16, descriptor);
        }
        var header = AddHeader(table, offset, size, control, descriptor >= 0 ? 1 : 0);
        return table.Add("sendmsg", null, SystemCalls.Sendmsg, socket, CallArgument.AddressOf(header), 0x4000 /* MSG_NOSIGNAL */);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Own.Dispose();
        Other.Dispose();
    }

    // struct msghdr: name, its length, vector, its length, control, its length, flags
    private static void Prepare(long* header, long* vector, byte* message, int length, byte* control, int controlLength)
    {
        vector[0] = (long)message;
        vector[1] = length;
        header[0] = header[1] = header[6] = 0;
        header[2] = (long)vector;
        header[3] = 1;
        header[4] = (long)control;
        header[5] = controlLength;
    }

    private static int AddHeader(CallTable table, int message, int length, int control, int descriptors)
    {
        var vector = table.Reserve(16);
        table.Point(vector, message);
        table.Set(vector + 8, (long)length);
        var header = table.Reserve(HeaderSize);
        table.Point(header + 16, vector);
        table.Set(header + 24, 1L);
        if (descriptors > 0)
        {
            table.Point(header + 32, control);
            table.Set(header + 40, (long)(ControlHeaderSize + (descriptors * 4 + 7 & -8)));
        }
        return header;
    }
}
