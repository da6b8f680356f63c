using ContainerTools.Linux.Files;
using ContainerTools.Linux.Network;

namespace ContainerTools.Runtime.Forwarding;

/// <summary>Options of sockets (socket(7)), and ways to close them.</summary>
internal static unsafe class SocketOptions
{
    private const int SocketLevel = 1, ReuseAddress = 2, SendBuffer = 7, ReceiveBuffer = 8, KeepAlive = 9, Linger = 13;
    private const int BufferSize = 1 << 22;

    /// <summary>Room for many packets, as far as the system grants it.</summary>
    public static void SetBuffers(int socket)
    {
        Set(socket, SocketLevel, ReceiveBuffer, BufferSize);
        Set(socket, SocketLevel, SendBuffer, BufferSize);
    }

    /// <summary>Room for what arrives, which connections have from their listener.</summary>
    public static void SetReceiveBuffer(int socket) => Set(socket, SocketLevel, ReceiveBuffer, BufferSize);

    /// <summary>Lets an address be taken again that ended connections still have.</summary>
    public static void SetReuse(int socket) => Set(socket, SocketLevel, ReuseAddress, 1);

    /// <summary>Has packets sent at once, and the other end asked now and then whether it is still there.</summary>
    public static void SetUpStream(int socket)
    {
        const int Tcp = 6, NoDelay = 1;
        Set(socket, Tcp, NoDelay, 1);
        Set(socket, SocketLevel, KeepAlive, 1);
    }

    /// <summary>Sets an option that is a number.</summary>
    public static void Set(int socket, int level, int option, int value) => _ = NetworkCalls.setsockopt(socket, level, option, &value, sizeof(int));

    /// <summary>Closes a connection so that the other end is told that it was broken.</summary>
    public static void Reset(int socket)
    {
        // struct linger: on, for no time.
        long linger = BitConverter.IsLittleEndian ? 1 : 1L << 32;
        _ = NetworkCalls.setsockopt(socket, SocketLevel, Linger, &linger, sizeof(long));
        _ = FileCalls.Close(socket);
    }

    /// <summary>Whether the other end has taken all that was sent.</summary>
    public static bool IsDrained(int socket)
    {
        const uint OutputQueue = 0x5411; // SIOCOUTQ
        int waiting = 0;
        return NetworkCalls.ioctl(socket, OutputQueue, &waiting) < 0 || waiting == 0;
    }
}
