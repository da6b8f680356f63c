using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>Takes names with values as a hashtable or as <c>NAME=VALUE</c> texts. A null value stays null.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NameValueTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        var result = new Hashtable(StringComparer.Ordinal);
        switch (value)
        {
            case null:
                break;
            case IDictionary table:
                foreach (DictionaryEntry entry in table)
                    result[Text(entry.Key)!] = Text(entry.Value);
                break;
            case IEnumerable<KeyValuePair<string, string>> pairs:
                foreach (var (name, text) in pairs)
                    result[name] = text;
                break;
            case string single:
                Add(result, single);
                break;
            case IEnumerable list:
                foreach (var element in list)
                    Add(result, Text(element)!);
                break;
            default:
                throw new ArgumentTransformationMetadataException($"'{value}' is neither a hashtable nor NAME=VALUE.");
        }
        return result;
    }

    internal static Dictionary<string, string?> ToDictionary(Hashtable? table)
    {
        var result = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in table ?? [])
            result[(string)entry.Key] = (string?)entry.Value;
        return result;
    }

    private static string? Text(object? value)
    {
        value = value is PSObject wrapped ? wrapped.BaseObject : value;
        return value is bool flag ? (flag ? "true" : "false") : System.Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : value is null ? null : "";
    }

    private static void Add(Hashtable result, string pair)
    {
        var separator = pair.IndexOf('=', StringComparison.Ordinal);
        if (separator <= 0)
            throw new ArgumentTransformationMetadataException($"'{pair}' is not NAME=VALUE.");
        result[pair[..separator]] = pair[(separator + 1)..];
    }
}
