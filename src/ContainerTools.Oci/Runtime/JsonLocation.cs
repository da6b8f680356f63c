using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ContainerTools.Oci.Runtime;

/// <summary>Finds the name of a value that was found to be wrong, by reading the document once more: those that are right need not carry their names.</summary>
internal static class JsonLocation
{
    /// <summary>The value's name, as <c>linux.resources.devices[2].major</c>; empty for the document itself.</summary>
    /// <param name="json">The document.</param>
    /// <param name="position">Where the value begins, in bytes.</param>
    internal static string Of(ReadOnlySpan<byte> json, long position)
    {
        var reader = new Utf8JsonReader(json.StartsWith("\uFEFF"u8) ? json[3..] : json);
        // By depth; a container that is an array counts its elements.
        var names = new List<string> { "" };
        var elements = new List<int> { -1 };
        var depth = 0;
        while (reader.Read() && reader.TokenStartIndex <= position)
        {
            if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                continue;
            depth = reader.CurrentDepth;
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                names[depth] = "." + reader.GetString();
                continue;
            }
            if (elements[depth] >= 0)
                names[depth] = string.Create(CultureInfo.InvariantCulture, $"[{elements[depth]++}]");
            if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
                continue;
            names.RemoveRange(depth + 1, names.Count - depth - 1);
            elements.RemoveRange(depth + 1, elements.Count - depth - 1);
            names.Add("");
            elements.Add(reader.TokenType == JsonTokenType.StartArray ? 0 : -1);
        }
        return new StringBuilder().AppendJoin("", names.Take(depth + 1)).ToString().TrimStart('.');
    }
}
