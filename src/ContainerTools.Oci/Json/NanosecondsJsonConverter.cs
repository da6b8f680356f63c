using System.Text.Json;
using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>Reads and writes a time span as Go does: a number of nanoseconds, 0 meaning the default.</summary>
public sealed class NanosecondsJsonConverter : JsonConverter<TimeSpan?>
{
    /// <inheritdoc />
    public override TimeSpan? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        long nanoseconds = reader.GetInt64();
        return nanoseconds == 0 ? null : TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, TimeSpan? value, JsonSerializerOptions options)
    {
        if (value is { } span)
        {
            writer.WriteNumberValue(span.Ticks * TimeSpan.NanosecondsPerTick);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
