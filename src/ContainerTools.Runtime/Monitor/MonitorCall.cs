using System.Globalization;
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

    /// <summary>Waits for the call, and puts the descriptors that come with it in their places. Meanwhile it gets ready for a container, if it is asked to.</summary>
    /// <param name="ready">What it got ready, if that is what it is called for.</param>
    /// <param name="document">The document of what it is called for, if it could not get that ready; it is not in its place yet.</param>
    /// <returns>The arguments; null when nobody will call any more.</returns>
    public static string[]? Await(out ReadyContainer? ready, out string? document)
    {
        (ready, document) = (null, null);
        Span<int> descriptors = [-1, -1, -1];
        byte[] message = new byte[MonitorArguments.LongestMessage];
        string[] words;
        using (var socket = new SafeFileHandle(MonitorArguments.CallDescriptor, ownsHandle: true))
        {
            EventCalls.SetCloseOnExec(MonitorArguments.CallDescriptor, true);
            while (true)
            {
                int length = Channel.Receive(socket, message, descriptors);
                if (length == 0)
                {
                    ready?.Discard();
                    return null;
                }
                words = Encoding.UTF8.GetString(message, 0, length).Split('\0');
                if (words is [MonitorArguments.Rehearse, var earlier, .. var itsArguments])
                {
                    ReadyContainer.Rehearse(earlier, itsArguments);
                    continue;
                }
                if (words is not [var first, var text, .. var arguments] || !first.StartsWith(MonitorArguments.Prepare, StringComparison.Ordinal))
                    break;
                _ = Processor.Leave(int.Parse(first.AsSpan(MonitorArguments.Prepare.Length), CultureInfo.InvariantCulture));
                ready?.Discard();
                ready = ReadyContainer.TryMake(text, arguments);
                document = ready is null ? text : null;
            }
        }
        Place(descriptors[0], MonitorArguments.ReportDescriptor);
        Place(descriptors[1], MonitorArguments.LockDescriptor);
        if (descriptors[2] >= 0)
            Place(descriptors[2], StandardInput);
        if (words is [MonitorArguments.Ready, .. var rest])
            return rest;
        ready?.Discard();
        (ready, document) = (null, null);
        return words;
    }

    private static void Place(int descriptor, int number)
    {
        LinuxException.ThrowIfFailed(EventCalls.DuplicateTo(descriptor, number), "dup2");
        _ = Linux.Files.FileCalls.Close(descriptor);
    }
}
