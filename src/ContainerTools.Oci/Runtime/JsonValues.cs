using System.Text;
using System.Text.Json;

namespace ContainerTools.Oci.Runtime;

/// <summary>Reads one value each: the reader stands before it and afterwards on its last token. Null reads as null.</summary>
internal static class JsonValues
{
    internal delegate T? Read<T>(ref Utf8JsonReader json)
        where T : class;

    /// <summary>Enters an object; false for null.</summary>
    internal static bool Start(ref Utf8JsonReader json) => Token(ref json, JsonTokenType.StartObject, "an object");

    /// <summary>Goes to the next member's name; false at the object's end.</summary>
    internal static bool Next(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    /// <summary>Passes over the value of an unknown member.</summary>
    internal static void Skip(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    internal static string? Text(ref Utf8JsonReader json) => Token(ref json, JsonTokenType.String, "a string") ? json.GetString() : null;

    internal static bool? Flag(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.Null => null,
            _ => throw Wrong(ref json, "true or false"),
        };
    }

    internal static int? Int(ref Utf8JsonReader json) => (int?)Signed(ref json, int.MinValue, int.MaxValue);

    internal static long? Long(ref Utf8JsonReader json) => Signed(ref json, long.MinValue, long.MaxValue);

    internal static ushort? UShort(ref Utf8JsonReader json) => (ushort?)Unsigned(ref json, ushort.MaxValue);

    internal static uint? UInt(ref Utf8JsonReader json) => (uint?)Unsigned(ref json, uint.MaxValue);

    internal static ulong? ULong(ref Utf8JsonReader json) => Unsigned(ref json, ulong.MaxValue);

    internal static List<T>? List<T>(ref Utf8JsonReader json, Read<T> read)
        where T : class
    {
        if (!Token(ref json, JsonTokenType.StartArray, "an array"))
            return null;
        var list = new List<T>();
        // An element's reader wants to stand before it, so look ahead on a copy.
        for (Utf8JsonReader ahead = json; ahead.Read() && ahead.TokenType != JsonTokenType.EndArray; ahead = json)
            list.Add(read(ref json) ?? throw Wrong(ref json, "no null"));
        json.Read();
        return list;
    }

    internal static List<uint>? UIntList(ref Utf8JsonReader json)
    {
        if (!Token(ref json, JsonTokenType.StartArray, "an array"))
            return null;
        var list = new List<uint>();
        for (Utf8JsonReader ahead = json; ahead.Read() && ahead.TokenType != JsonTokenType.EndArray; ahead = json)
            list.Add(UInt(ref json) ?? throw Wrong(ref json, "no null"));
        json.Read();
        return list;
    }

    internal static Dictionary<string, T>? Map<T>(ref Utf8JsonReader json, Read<T> read)
        where T : class
    {
        if (!Start(ref json))
            return null;
        var map = new Dictionary<string, T>(StringComparer.Ordinal);
        while (Next(ref json))
        {
            string name = json.GetString()!;
            map[name] = read(ref json) ?? throw Wrong(ref json, "no null");
        }
        return map;
    }

    private static long? Signed(ref Utf8JsonReader json, long least, long most)
    {
        if (!Token(ref json, JsonTokenType.Number, "a number"))
            return null;
        return json.TryGetInt64(out long value) && value >= least && value <= most ? value : throw Wrong(ref json, $"a whole number from {least} to {most}");
    }

    private static ulong? Unsigned(ref Utf8JsonReader json, ulong most)
    {
        if (!Token(ref json, JsonTokenType.Number, "a number"))
            return null;
        return json.TryGetUInt64(out ulong value) && value <= most ? value : throw Wrong(ref json, $"a whole number from 0 to {most}");
    }

    private static bool Token(ref Utf8JsonReader json, JsonTokenType type, string what)
    {
        json.Read();
        if (json.TokenType == type)
            return true;
        return json.TokenType == JsonTokenType.Null ? false : throw Wrong(ref json, what);
    }

    private static JsonException Wrong(ref Utf8JsonReader json, string wanted)
    {
        string found = json.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "an array",
            JsonTokenType.String => $"the string \"{json.GetString()}\"",
            _ => Encoding.UTF8.GetString(json.ValueSpan),
        };
        return new JsonException($"expected {wanted}, found {found}.");
    }
}
