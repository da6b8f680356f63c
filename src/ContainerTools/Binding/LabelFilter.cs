using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>A label that is looked for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">A wildcard pattern for its value; null for any.</param>
public sealed record LabelFilter(string Name, string? Value)
{
    /// <summary>Whether it is among labels.</summary>
    public bool IsMatch(IReadOnlyDictionary<string, string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return labels.TryGetValue(Name, out var value) && (Value is null || Value == value || WildcardPattern.Get(Value, WildcardOptions.None).IsMatch(value));
    }

    /// <inheritdoc/>
    public override string ToString() => Value is null ? Name : $"{Name}={Value}";
}
