using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Rootless;

/// <summary>
/// A <see cref="TreeServer"/>'s answer: a number, negative for an error of the kernel's, bytes that <see cref="Append(ReadOnlySpan{byte})"/> added, and perhaps a descriptor. It goes in as many
/// messages as it needs; the first byte of each says whether another follows. Both sides are the same build, so that structures go as they lie in memory.
/// </summary>
internal sealed class TreeAnswer
{
    /// <summary>What a number means that is no error of the kernel's: the bytes are a report (<see cref="Containers.StartReport"/>).</summary>
    public const int Failed = int.MinValue;

    private const int MessageSize = 32 << 10;

    private readonly List<byte> _bytes = [];

    /// <summary>The number.</summary>
    public int Result { get; set; }

    /// <summary>The descriptor that comes with it; closed by whoever gets it.</summary>
    public SafeFileHandle? File { get; set; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => CollectionsMarshal.AsSpan(_bytes);

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

    /// <summary>Adds bytes with their length before them.</summary>
    public void AppendCounted(ReadOnlySpan<byte> bytes)
    {
        AppendValue(bytes.Length);
        Append(bytes);
    }

    /// <summary>Adds a structure.</summary>
    public void AppendValue<T>(T value)
        where T : unmanaged => Append(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)));

    /// <summary>Takes a structure off bytes.</summary>
    public static T TakeValue<T>(ref ReadOnlySpan<byte> bytes)
        where T : unmanaged
    {
        int size = System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
        var value = MemoryMarshal.Read<T>(bytes);
        bytes = bytes[size..];
        return value;
    }

    /// <summary>Takes bytes with their length off bytes.</summary>
    public static byte[] TakeCounted(ref ReadOnlySpan<byte> bytes)
    {
        int length = TakeValue<int>(ref bytes);
        byte[] taken = bytes[..length].ToArray();
        bytes = bytes[length..];
        return taken;
    }

    /// <summary>Sends it.</summary>
    public void Send(SafeFileHandle socket)
    {
        Span<byte> message = stackalloc byte[MessageSize];
        var rest = Bytes;
        BinaryPrimitives.WriteInt32LittleEndian(message[1..], Result);
        int used = 5;
        bool isFirst = true;
        do
        {
            var part = rest[..Math.Min(rest.Length, MessageSize - used)];
            part.CopyTo(message[used..]);
            rest = rest[part.Length..];
            message[0] = rest.IsEmpty ? (byte)0 : (byte)1;
            _ = Channel.Send(socket, message[..(used + part.Length)], isFirst && File is not null ? [(int)File.DangerousGetHandle()] : []);
            (used, isFirst) = (1, false);
        }
        while (!rest.IsEmpty);
    }

    /// <summary>Waits for one.</summary>
    /// <returns>Null when the other side is gone.</returns>
    public static TreeAnswer? Receive(SafeFileHandle socket)
    {
        byte[] message = new byte[MessageSize];
        var answer = new TreeAnswer();
        int skip = 5;
        do
        {
            int length = Channel.Receive(socket, message, out var file);
            answer.File ??= file;
            if (length < skip)
                return null;
            if (skip == 5)
                answer.Result = BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(1));
            answer.Append(message.AsSpan(skip, length - skip));
            skip = 1;
        }
        while (message[0] != 0);
        return answer;
    }
}
