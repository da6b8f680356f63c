using ContainerTools.Linux;
using ContainerTools.Linux.Processes;
using ContainerTools.Runtime.CommandLine;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Commands;

/// <summary>Hands a descriptor to the engine that listens on a unix(7) socket, with a word that says what it is.</summary>
internal static class DescriptorSocket
{
    /// <summary>A terminal's master side (the OCI command line's <c>--console-socket</c>).</summary>
    public static void SendTerminal(string path, SafeFileHandle console) => Send(path, "console socket", "terminal"u8, (int)console.DangerousGetHandle());

    /// <summary>A process, by which it can be waited for and signalled (<c>--pidfd-socket</c>, pidfd_open(2)).</summary>
    public static void SendProcess(string path, PidFd process) => Send(path, "pidfd socket", "pidfd"u8, process.Fd);

    private static void Send(string path, string name, ReadOnlySpan<byte> word, int descriptor)
    {
        try
        {
            using var socket = UnixSocket.Connect(path);
            if (!Channel.Send(socket, word, [descriptor]))
                throw new CommandException($"The {name} '{path}' was closed before it took the descriptor.");
        }
        catch (LinuxException e) when (e.Operation == "connect")
        {
            throw new CommandException($"Nobody listens on the {name} '{path}': {LinuxException.Describe(e.Errno)}.", inner: e);
        }
    }
}
