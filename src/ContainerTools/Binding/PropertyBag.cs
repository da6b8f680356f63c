using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>
/// What is left of an object that was selected from, came from a job or another computer, or was made by hand: no type of this module's any more, but its properties. It is taken for what it was, never for
/// something else that has a name too, such as a process.
/// </summary>
internal static class PropertyBag
{
    private static readonly string[] s_copies = ["Deserialized.", "Selected."];

    /// <summary>The first of some properties that is a text which is not empty.</summary>
    /// <param name="value">What a parameter was given.</param>
    /// <param name="types">The types that the object may have been of.</param>
    /// <param name="properties">The properties, the best first, each with what a text of it must be.</param>
    public static string? Text(object? value, Type[] types, params ReadOnlySpan<(string Name, Func<string, bool> IsRight)> properties)
    {
        if (value is not PSObject { BaseObject: PSCustomObject } bag || !IsOneOf(bag, types))
            return null;
        foreach (var (name, isRight) in properties)
        {
            if (bag.Properties[name]?.Value is { } found && Text(found) is { Length: > 0 } text && isRight(text))
                return text;
        }
        return null;
    }

    /// <summary>Whether a text is an id, not a name: so many hexadecimal digits.</summary>
    public static bool IsId(string text) => text.Length is >= 12 and <= 64 && text.All(char.IsAsciiHexDigitLower);

    private static string? Text(object value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        string text => text,
        ContainerTools.Oci.ImageReference reference => reference.ToString(),
        // What another process has sent is its text and its properties.
        PSCustomObject when ((PSObject)value).TypeNames.Contains("Deserialized." + typeof(ContainerTools.Oci.ImageReference).FullName) => value.ToString(),
        _ => null,
    };

    private static bool IsOneOf(PSObject bag, Type[] types)
    {
        string name = bag.TypeNames.FirstOrDefault() ?? "";
        while (Array.Find(s_copies, prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is { } prefix)
            name = name[prefix.Length..];
        return name == typeof(PSCustomObject).FullName || name == typeof(object).FullName || Array.Exists(types, type => type.FullName == name);
    }
}
