using ContainerTools.Linux;
using ContainerTools.Linux.Processes;
using ContainerTools.Runtime.CommandLine;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Commands;

/// <summary>Hands a terminal's master side to the engine that listens on a unix(7) socket (the OCI command line's <c>--console-socket</c>).</summary>
internal static class ConsoleSocket
{
    public static void Send(string path, SafeFileHandle console)
    {
        try
        {
            using var socket = UnixSocket.Connect(path);
            if (!Channel.Send(socket, "terminal"u8, [(int)console.DangerousGetHandle()]))
                throw new CommandException($"The console socket '{path}' was closed before it took the terminal.");
        }
        catch (LinuxException e) when (e.Operation == "connect")
        {
            throw new CommandException($"Nobody listens on the console socket '{path}': {LinuxException.Describe(e.Errno)}.", inner: e);
        }
    }
}
