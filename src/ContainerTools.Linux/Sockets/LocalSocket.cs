using System.Runtime.InteropServices;
using System.Text;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Sockets;

/// <summary>unix(7) sockets with a name in the file system, and messages with descriptors on them.</summary>
public static unsafe class LocalSocket
{
    private const int Unix = 1, Stream = 1, Packets = 5, CloseOnExec = 0x80000, NonBlocking = 0x800;
    private const int NoSignal = 0x4000, DontWait = 0x40;
    private const int PathSize = 108;
    private const int Backlog = 16;

    /// <summary>Listens under a name, which must be free; only the owner can connect.</summary>
    /// <param name="path">The socket's file. It may be longer than a socket's address.</param>
    /// <param name="packets">Whether connections keep messages apart (SOCK_SEQPACKET).</param>
    /// <exception cref="LinuxException">EADDRINUSE: the name is taken.</exception>
    public static SafeFileHandle Listen(string path, bool packets)
    {
        var socket = Open(packets);
        try
        {
            // Before bind, which makes the file with what the mode of the socket and the umask leave; nobody can connect before listen.
            WithAddress(path, (address, length) => Check(NativeMethods.Syscall(SystemCalls.Bind, socket.DangerousGetHandle(), address, length), "bind", path));
            LinuxException.ThrowIfFailed(FileCalls.ChangeModeAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), 0x180 /* 0600 */), "chmod", path);
            Check(NativeMethods.Syscall(SystemCalls.Listen, socket.DangerousGetHandle(), Backlog), "listen", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to a listening socket.</summary>
    /// <param name="path">The socket's file.</param>
    /// <param name="packets">Whether it keeps messages apart.</param>
    /// <exception cref="LinuxException">ENOENT, ECONNREFUSED: nobody listens.</exception>
    public static SafeFileHandle Connect(string path, bool packets)
    {
        var socket = Open(packets);
        try
        {
            WithAddress(path, (address, length) => Check(NativeMethods.Syscall(SystemCalls.Connect, socket.DangerousGetHandle(), address, length), "connect", path));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes the next connection, which is not blocking.</summary>
    /// <returns>The descriptor, or the negative error number.</returns>
    public static int Accept(int listening)
    {
        var result = NativeMethods.Syscall(SystemCalls.Accept4, listening, 0, 0, CloseOnExec | NonBlocking);
        return result >= 0 ? (int)result : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Sends a message, or as much as fits, without waiting.</summary>
    /// <returns>The number of bytes that were taken, or the negative error number: EAGAIN while the other side's buffer is full.</returns>
    public static int TrySend(int socket, ReadOnlySpan<byte> message)
    {
        fixed (byte* p = message)
        {
            var result = NativeMethods.Syscall(SystemCalls.Sendto, socket, (long)p, message.Length, NoSignal | DontWait, 0, 0);
            return result >= 0 ? (int)result : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Sends a message with descriptors.</summary>
    /// <returns>False when the other side is gone.</returns>
    public static bool Send(SafeFileHandle socket, ReadOnlySpan<byte> message, ReadOnlySpan<int> descriptors) => Channel.Send(socket, message, descriptors);

    /// <summary>Waits for a message.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="message">Where it goes.</param>
    /// <param name="descriptor">The descriptor that came with it, or null.</param>
    /// <returns>Its length; 0 when the other side is gone.</returns>
    public static int Receive(SafeFileHandle socket, Span<byte> message, out SafeFileHandle? descriptor) => Channel.Receive(socket, message, out descriptor);

    private static SafeFileHandle Open(bool packets)
    {
        var socket = NativeMethods.Syscall(SystemCalls.Socket, Unix, (packets ? Packets : Stream) | CloseOnExec, 0);
        return socket >= 0 ? new SafeFileHandle((nint)socket, ownsHandle: true) : throw LinuxException.Last("socket");
    }

    private static void WithAddress(string path, Action<long, long> use)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        SafeFileHandle? directory = null;
        if (bytes.Length >= PathSize)
        {
            // An address holds 107 bytes; by its directory's descriptor every path is short.
            directory = FileCalls.Open(Path.GetDirectoryName(path)!, OpenFlags.Path | OpenFlags.Directory);
            bytes = Encoding.UTF8.GetBytes($"/proc/self/fd/{directory.DangerousGetHandle()}/{Path.GetFileName(path)}");
        }
        using (directory)
        {
            var address = stackalloc byte[2 + PathSize];
            new Span<byte>(address, 2 + PathSize).Clear();
            address[0] = Unix;
            bytes.CopyTo(new Span<byte>(address + 2, PathSize));
            use((long)address, 2 + bytes.Length + 1);
        }
    }

    private static void Check(long result, string operation, string path)
    {
        if (result < 0)
            throw LinuxException.Last(operation, path);
    }
}
