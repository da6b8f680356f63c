using System.Text.Json;

namespace ContainerTools.Engine.Logs;

/// <summary>One record as it stands in the file.</summary>
internal readonly record struct LogLine(string Text, ContainerStream Stream, DateTimeOffset Time)
{
    /// <summary>Whether the text is a part of a line that goes on, or was cut off.</summary>
    public bool IsPartial => Text.Length == 0 || Text[^1] != '\n';

    /// <summary>Reads a record; false for what is none, such as a line that a power cut left half written.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, out LogLine line)
    {
        string? text = null;
        var stream = ContainerStream.Output;
        DateTimeOffset time = default;
        line = default;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("log"u8))
                {
                    reader.Read();
                    text = reader.GetString();
                }
                else if (reader.ValueTextEquals("stream"u8))
                {
                    reader.Read();
                    stream = reader.ValueTextEquals("stderr"u8) ? ContainerStream.Error : ContainerStream.Output;
                }
                else if (reader.ValueTextEquals("time"u8))
                {
                    reader.Read();
                    time = DateTimeOffset.Parse(reader.GetString()!, System.Globalization.CultureInfo.InvariantCulture);
                }
                else
                {
                    reader.Skip();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
        if (text is null)
            return false;
        line = new LogLine(text, stream, time);
        return true;
    }
}
