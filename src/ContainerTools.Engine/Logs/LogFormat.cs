using System.Buffers.Text;
using System.Text;

namespace ContainerTools.Engine.Logs;

/// <summary>
/// A line of docker's json-file log: <c>{"log":"text\n","stream":"stdout","time":"2026-01-02T03:04:05.123456789Z"}</c>. Text without <c>\n</c> at its end is a part of a
/// line, and has <c>"partial":true</c> behind it, which Docker's own readers pass over. Written by hand: the monitor has no serializer.
/// </summary>
internal static class LogFormat
{
    /// <summary>Most bytes that one record can take beside its text's: a byte becomes six at most (<c>\u0001</c>).</summary>
    public static int MaximumLength(int textLength) => textLength * 6 + 128;

    /// <summary>Writes one record.</summary>
    /// <param name="target">Where to, at least <see cref="MaximumLength"/> bytes.</param>
    /// <param name="text">What the container wrote, its line feed included if it has come.</param>
    /// <param name="stream">Which stream.</param>
    /// <param name="time">When.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> target, ReadOnlySpan<byte> text, ContainerStream stream, DateTime time)
    {
        int length = Append(target, 0, "{\"log\":\""u8);
        length = AppendText(target, length, text);
        length = Append(target, length, stream is ContainerStream.Output ? "\",\"stream\":\"stdout\",\"time\":\""u8 : "\",\"stream\":\"stderr\",\"time\":\""u8);
        length = AppendTime(target, length, time);
        bool whole = !text.IsEmpty && text[^1] == (byte)'\n';
        return Append(target, length, whole ? "\"}\n"u8 : "\",\"partial\":true}\n"u8);
    }

    private static int AppendText(Span<byte> target, int length, ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            byte b = text[0];
            if (b < 0x80)
            {
                length = AppendAscii(target, length, b);
                text = text[1..];
            }
            else if (Rune.DecodeFromUtf8(text, out _, out int count) == System.Buffers.OperationStatus.Done)
            {
                length = Append(target, length, text[..count]);
                text = text[count..];
            }
            else
            {
                length = Append(target, length, "\uFFFD"u8);
                text = text[Math.Max(1, count)..];
            }
        }
        return length;
    }

    private static int AppendAscii(Span<byte> target, int length, byte b)
    {
        ReadOnlySpan<byte> escape = b switch
        {
            (byte)'"' => "\\\""u8,
            (byte)'\\' => "\\\\"u8,
            (byte)'\n' => "\\n"u8,
            (byte)'\r' => "\\r"u8,
            (byte)'\t' => "\\t"u8,
            _ => default,
        };
        if (!escape.IsEmpty)
            return Append(target, length, escape);
        if (b >= 0x20 && b != 0x7f)
        {
            target[length] = b;
            return length + 1;
        }
        length = Append(target, length, "\\u00"u8);
        target[length] = "0123456789abcdef"u8[b >> 4];
        target[length + 1] = "0123456789abcdef"u8[b & 15];
        return length + 2;
    }

    private static int AppendTime(Span<byte> target, int length, DateTime time)
    {
        // 'O' of a UTC time is yyyy-MM-ddTHH:mm:ss.fffffffZ, which is RFC 3339.
        Utf8Formatter.TryFormat(time, target[length..], out int written, new System.Buffers.StandardFormat('O'));
        return length + written;
    }

    private static int Append(Span<byte> target, int length, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target[length..]);
        return length + bytes.Length;
    }
}
