using System.Runtime.InteropServices;
using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;
using ContainerTools.Runtime.CommandLine;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Commands;

/// <summary>Hands a terminal's master side to the engine that listens on a unix(7) socket (the OCI command line's <c>--console-socket</c>).</summary>
internal static unsafe class ConsoleSocket
{
    public static void Send(string path, SafeFileHandle console)
    {
        const int Unix = 1, Stream = 1, CloseOnExec = 0x80000, PathSize = 108;
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length >= PathSize)
            throw new CommandException($"The console socket's path '{path}' is longer than the {PathSize - 1} bytes that a socket address has.");
        var socket = NativeMethods.Syscall(SystemCalls.Socket, Unix, Stream | CloseOnExec, 0);
        if (socket < 0)
            throw LinuxException.Last("socket");
        using var handle = new SafeFileHandle((nint)socket, ownsHandle: true);
        var address = stackalloc byte[2 + PathSize];
        new Span<byte>(address, 2 + PathSize).Clear();
        address[0] = Unix;
        bytes.CopyTo(new Span<byte>(address + 2, PathSize));
        const long Connect = 42, GenericConnect = 203;
        if (NativeMethods.Syscall(RuntimeInformation.ProcessArchitecture == Architecture.X64 ? Connect : GenericConnect, socket, (long)address, 2 + bytes.Length + 1) < 0)
            throw new CommandException($"Nobody listens on the console socket '{path}': {LinuxException.Describe(Marshal.GetLastPInvokeError())}.");
        if (!Channel.Send(handle, "terminal"u8, [(int)console.DangerousGetHandle()]))
            throw new CommandException($"The console socket '{path}' was closed before it took the terminal.");
    }
}
