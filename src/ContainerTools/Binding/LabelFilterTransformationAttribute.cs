using System.Collections;
using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>Makes <see cref="LabelFilter"/>s of a hashtable, or of texts NAME and NAME=VALUE.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class LabelFilterTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        List<LabelFilter> filters = [];
        Add(filters, inputData);
        return filters.ToArray();
    }

    private static void Add(List<LabelFilter> filters, object? value)
    {
        switch (value is PSObject wrapped ? wrapped.BaseObject : value)
        {
            case LabelFilter filter:
                filters.Add(filter);
                break;
            case IDictionary table:
                foreach (DictionaryEntry entry in table)
                    filters.Add(new LabelFilter(Text(entry.Key), entry.Value is null ? null : Text(entry.Value)));
                break;
            case IList list:
                foreach (var element in list)
                    Add(filters, element);
                break;
            case null:
                throw new ArgumentTransformationMetadataException("A label to look for is NAME or NAME=VALUE.");
            default:
                string text = Text(value);
                int separator = text.IndexOf('=', StringComparison.Ordinal);
                if (text.Length == 0 || separator == 0)
                    throw new ArgumentTransformationMetadataException($"'{text}' is no label to look for: give NAME or NAME=VALUE.");
                filters.Add(separator < 0 ? new LabelFilter(text, null) : new LabelFilter(text[..separator], text[(separator + 1)..]));
                break;
        }
    }

    private static string Text(object? value) => LanguagePrimitives.ConvertTo<string>(value);
}
