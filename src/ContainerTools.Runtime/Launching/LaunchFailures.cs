using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Launching;

/// <summary>Reads what a process running tables says, and turns failed steps into errors.</summary>
internal static class LaunchFailures
{
    /// <summary>The tag of the table that the process begins with; the image it executes has 0.</summary>
    public const int FirstTag = 1;

    /// <summary>Waits for a message.</summary>
    /// <exception cref="ContainerToolsException">The message was a failure.</exception>
    public static LaunchMessage Receive(Channel channel, out SafeFileHandle? handle, CallTable first, CallTable second)
    {
        Span<byte> message = stackalloc byte[CallTable.StepSize];
        var length = channel.Receive(message, out handle);
        return length switch
        {
            0 => LaunchMessage.End,
            1 => (LaunchMessage)message[0],
            CallTable.StepSize => throw Translate(CallTable.TagOf(message) == FirstTag ? first.ErrorOf(message) : second.ErrorOf(message)),
            _ => throw new InvalidDataException($"The container's process sent a message of {length} bytes."),
        };
    }

    /// <summary>The error to show for a failed step.</summary>
    public static ContainerToolsException Translate(Exception error) => error switch
    {
        ContainerToolsException known => known,
        LinuxException linux => ContainerToolsException.FromIO(linux, "ContainerStartFailed", "The container could not be set up"),
        _ => new ContainerToolsException("ContainerStartFailed", ErrorKind.Internal, error.Message, null, error),
    };
}
