using System.Text.Json;
using System.Text.Json.Serialization;

namespace ContainerTools.Oci;

/// <summary>Reads and writes a <see cref="Digest"/> as its string.</summary>
public sealed class DigestJsonConverter : JsonConverter<Digest>
{
    /// <inheritdoc />
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String || !Digest.TryParse(reader.GetString(), out var digest))
        {
            throw new JsonException("A digest must be a string 'sha256:' and 64, or 'sha512:' and 128, lower-case hexadecimal digits.");
        }

        return digest;
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
