using ContainerTools.Engine.Containers;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Sockets;
using ContainerTools.Linux.Terminals;

namespace ContainerTools.Runtime.Monitor;

/// <summary>Makes the standard input and takes the terminal of a container that has one to work with.</summary>
internal static class ConsoleSetup
{
    private const int StandardInput = 0;

    private static int s_input = -1;

    /// <summary>The container's standard input; -1 for none.</summary>
    public static int OpenInput(MonitorArguments options)
    {
        if (!options.Interactive)
            return -1;
        // Whoever fed the first run does not feed the ones that the restart policy brings.
        if (options.Attached && options.Restarts == 0)
            return s_input = StandardInput;
        var (read, write) = EventCalls.Pipe();
        options.InputDescriptor = write;
        return s_input = read;
    }

    /// <summary>Lets go of the container's side, and hands its terminal to who waits for it.</summary>
    public static void Finish(MonitorArguments options, IContainerStarter starter)
    {
        if (s_input >= 0)
        {
            // Who feeds it must see that nobody reads any more when the container has ended.
            _ = FileCalls.Close(s_input);
            if (s_input == StandardInput)
            {
                int nothing = LinuxException.ThrowIfFailed(FileCalls.OpenAt(FileCalls.WorkingDirectory, "/dev/null\0"u8, OpenFlags.ReadWrite), "open", "/dev/null");
                EventCalls.SetCloseOnExec(nothing, false);
            }
            s_input = -1;
        }
        int console = starter.TakeConsole();
        if (console >= 0 || options.InputDescriptor >= 0)
            Listen(options);
        if (console >= 0)
        {
            _ = FileCalls.Close(options.OutputDescriptor);
            options.OutputDescriptor = console;
            _ = Terminal.SetSize(console, options.Rows, options.Columns);
        }
        if (options.ConsoleSocket is null || options.Restarts > 0)
            return;
        var connection = LocalSocket.Connect(options.ConsoleSocket, packets: true);
        if (!options.RawOutput)
            _ = LocalSocket.Send(connection, [0], [console]);
        options.ConsoleDescriptors = [(int)connection.DangerousGetHandle()];
        connection.SetHandleAsInvalid();
    }

    private static void Listen(MonitorArguments options)
    {
        string path = Path.Combine(options.Directory, ContainerFiles.Attach);
        // An earlier run's.
        File.Delete(path);
        var socket = LocalSocket.Listen(path, packets: true);
        options.AttachDescriptor = (int)socket.DangerousGetHandle();
        socket.SetHandleAsInvalid();
    }
}
