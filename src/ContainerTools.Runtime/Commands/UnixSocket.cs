using System.Runtime.InteropServices;
using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Commands;

/// <summary>Connections to unix(7) stream sockets by path.</summary>
internal static unsafe class UnixSocket
{
    // struct sockaddr_un: the family in 2 bytes, then the path with its NUL.
    private const int PathSize = 108;

    /// <exception cref="LinuxException">There is no socket, or nobody listens; ENAMETOOLONG where the path does not fit.</exception>
    public static SafeFileHandle Connect(string path)
    {
        const int Unix = 1, Stream = 1, CloseOnExec = 0x80000;
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length >= PathSize)
            throw new LinuxException(Errno.ENAMETOOLONG, "connect", path);
        var socket = NativeMethods.Syscall(SystemCalls.Socket, Unix, Stream | CloseOnExec, 0);
        if (socket < 0)
            throw LinuxException.Last("socket");
        var handle = new SafeFileHandle((nint)socket, ownsHandle: true);
        var address = stackalloc byte[2 + PathSize];
        new Span<byte>(address, 2 + PathSize).Clear();
        address[0] = Unix;
        bytes.CopyTo(new Span<byte>(address + 2, PathSize));
        const long Connect = 42, GenericConnect = 203;
        if (NativeMethods.Syscall(RuntimeInformation.ProcessArchitecture == Architecture.X64 ? Connect : GenericConnect, socket, (long)address, 2 + bytes.Length + 1) < 0)
        {
            var error = LinuxException.Last("connect", path);
            handle.Dispose();
            throw error;
        }
        return handle;
    }
}
