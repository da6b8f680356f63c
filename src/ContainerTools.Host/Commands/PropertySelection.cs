using System.Collections;
using System.Globalization;
using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace ContainerTools.Host.Commands;

/// <summary>One element of a <c>-Property</c> list: a name (wildcards allowed), a script block, or a hashtable of both.</summary>
internal sealed class PropertySelection
{
    private PropertySelection(string? label, PSPropertyExpression expression, bool? descending)
    {
        Label = label;
        Expression = expression;
        Descending = descending;
    }

    public string? Label { get; }

    public PSPropertyExpression Expression { get; }

    public bool? Descending { get; }

    public static IReadOnlyList<PropertySelection> Parse(object[]? properties) =>
        properties is null ? [] : [.. properties.Select(Parse)];

    /// <summary>The values that this property has on an object, with the names they go by.</summary>
    public IEnumerable<(string Name, object? Value)> Evaluate(PSObject target)
    {
        foreach (var name in Expression.ResolveNames(target))
        {
            var result = name.GetValues(target).FirstOrDefault();
            if (result is not null)
                yield return (Label ?? name.ToString(), result.Exception is null ? result.Result : null);
        }
    }

    public object? First(PSObject target) => Evaluate(target).Select(v => v.Value).FirstOrDefault();

    private static PropertySelection Parse(object property)
    {
        property = property is PSObject wrapped ? wrapped.BaseObject : property;
        if (property is not IDictionary table)
            return new PropertySelection(null, ToExpression(property), null);
        string? label = null;
        object? expression = null;
        bool? descending = null;
        foreach (DictionaryEntry entry in table)
        {
            var key = Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "";
            if (IsKey(key, "Name") || IsKey(key, "Label"))
                label = Convert.ToString(entry.Value, CultureInfo.InvariantCulture);
            else if (IsKey(key, "Expression"))
                expression = entry.Value;
            else if (IsKey(key, "Descending"))
                descending = LanguagePrimitives.IsTrue(entry.Value);
            else if (IsKey(key, "Ascending"))
                descending = !LanguagePrimitives.IsTrue(entry.Value);
            else
                throw new PSArgumentException($"A property has no key '{key}'; it can have Name, Expression, Ascending and Descending.");
        }
        return new PropertySelection(label, ToExpression(expression ?? label ?? throw new PSArgumentException("A property needs an Expression.")), descending);
    }

    private static bool IsKey(string given, string name) => given.Length > 0 && name.StartsWith(given, StringComparison.OrdinalIgnoreCase);

    private static PSPropertyExpression ToExpression(object value)
    {
        value = value is PSObject wrapped ? wrapped.BaseObject : value;
        return value is ScriptBlock script ? new PSPropertyExpression(script) : new PSPropertyExpression(LanguagePrimitives.ConvertTo<string>(value));
    }
}
