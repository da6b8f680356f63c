using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace ContainerTools.Engine.Json;

/// <summary>
/// Writes the members of small JSON objects by hand: the monitor must not pay for a serializer (half a megabyte of memory, three milliseconds).
/// </summary>
internal static class JsonText
{
    public static void Number(StringBuilder text, string name, long value) =>
        Name(text, name).Append(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes a time in UTC with ticks of 100 ns; nothing for null.</summary>
    public static void Time(StringBuilder text, string name, DateTimeOffset? value)
    {
        if (value is { } time)
        {
            // Without what a culture knows of dates.
            Span<byte> written = stackalloc byte[32];
            _ = Utf8Formatter.TryFormat(time.UtcDateTime, written, out var length, 'O');
            Name(text, name).Append('"').Append(Encoding.ASCII.GetString(written[..length])).Append('"');
        }
    }

    /// <summary>Writes a text; nothing for null.</summary>
    public static void String(StringBuilder text, string name, string? value)
    {
        if (value is not null)
            Value(Name(text, name), value);
    }

    /// <summary>Writes a text in quotation marks.</summary>
    public static StringBuilder Value(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            if (c is '"' or '\\')
                text.Append('\\').Append(c);
            else if (c < ' ' || char.IsSurrogate(c))
                text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else
                text.Append(c);
        }
        return text.Append('"');
    }

    private static StringBuilder Name(StringBuilder text, string name) => text.Append(text[^1] is '{' or '[' ? "" : ",").Append('"').Append(name).Append("\":");
}
