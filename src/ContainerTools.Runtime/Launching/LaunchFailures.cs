using System.Buffers.Binary;
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

    /// <summary>Bytes of the message that carries a process id.</summary>
    public const int ProcessIdSize = 8;

    /// <summary>Waits until the process is in its user namespace.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="first">The process's first table.</param>
    /// <param name="second">The table of its image.</param>
    /// <param name="clones">Whether it clones the process that goes on in its place; then both report, in any order.</param>
    /// <returns>That process's id, or 0.</returns>
    /// <exception cref="ContainerToolsException">The message was a failure.</exception>
    public static int ReceiveEntry(Channel channel, CallTable first, CallTable second, bool clones)
    {
        var (pid, entered) = (0, false);
        Span<byte> message = stackalloc byte[CallTable.StepSize];
        while (!entered || (clones && pid == 0))
        {
            switch (channel.Receive(message, out _))
            {
                case 1 when message[0] == (byte)LaunchMessage.Entered:
                    entered = true;
                    break;
                case ProcessIdSize when clones:
                    pid = (int)BinaryPrimitives.ReadInt64LittleEndian(message);
                    break;
                case CallTable.StepSize:
                    throw Translate(CallTable.TagOf(message) == FirstTag ? first.ErrorOf(message) : second.ErrorOf(message));
                case var length:
                    throw new ContainerToolsException("ContainerStartFailed", ErrorKind.Internal, $"The container's process ended while it entered its user namespace (message of {length} bytes).");
            }
        }
        return pid;
    }

    /// <summary>The error to show for a failed step.</summary>
    public static ContainerToolsException Translate(Exception error) => error switch
    {
        ContainerToolsException known => known,
        LinuxException linux => ContainerToolsException.FromIO(linux, "ContainerStartFailed", "The container could not be set up"),
        _ => new ContainerToolsException("ContainerStartFailed", ErrorKind.Internal, error.Message, null, error),
    };
}
