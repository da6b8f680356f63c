using System.Text;
using ContainerTools.Engine.Containers;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Monitor;

/// <summary>How a monitor that waits learns whose it is.</summary>
internal static class MonitorCall
{
    private const int StandardInput = 0;

    /// <summary>Waits for the call, and puts the descriptors that come with it in their places.</summary>
    /// <returns>The arguments; null when nobody will call any more.</returns>
    public static string[]? Await()
    {
        Span<int> descriptors = [-1, -1, -1];
        byte[] message = new byte[64 * 1024];
        int length;
        using (var socket = new SafeFileHandle(MonitorArguments.CallDescriptor, ownsHandle: true))
        {
            EventCalls.SetCloseOnExec(MonitorArguments.CallDescriptor, true);
            length = Channel.Receive(socket, message, descriptors);
        }
        if (length == 0)
            return null;
        Place(descriptors[0], MonitorArguments.ReportDescriptor);
        Place(descriptors[1], MonitorArguments.LockDescriptor);
        if (descriptors[2] >= 0)
            Place(descriptors[2], StandardInput);
        return Encoding.UTF8.GetString(message, 0, length).Split('\0');
    }

    private static void Place(int descriptor, int number)
    {
        LinuxException.ThrowIfFailed(EventCalls.DuplicateTo(descriptor, number), "dup2");
        _ = Linux.Files.FileCalls.Close(descriptor);
    }
}
