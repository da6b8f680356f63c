using System.Buffers;
using System.Globalization;
using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>Takes a duration as a number of seconds, a TimeSpan, or text: <c>90s</c>, <c>5m</c>, <c>1h30m</c>, <c>250ms</c>, <c>00:01:30</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            null => null!,
            TimeSpan span => span,
            string text => Parse(text) ?? throw new ArgumentTransformationMetadataException(
                $"'{text}' is no duration. Give a number of seconds, a TimeSpan, or text such as 90s, 5m, 1h30m or 250ms."),
            _ => TimeSpan.FromSeconds(System.Convert.ToDouble(value, CultureInfo.InvariantCulture)),
        };
    }

    internal static TimeSpan? Parse(string text)
    {
        text = text.Trim();
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            return TimeSpan.FromSeconds(seconds);
        if (text.Contains(':', StringComparison.Ordinal))
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) ? span : null;
        var total = TimeSpan.Zero;
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var digits = rest.IndexOfAnyExcept(s_digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return null;
            rest = rest[digits..];
            var letters = rest.IndexOfAny(s_digits);
            var unit = letters < 0 ? rest : rest[..letters];
            TimeSpan? part = unit switch
            {
                "ms" => TimeSpan.FromMilliseconds(number),
                "s" => TimeSpan.FromSeconds(number),
                "m" => TimeSpan.FromMinutes(number),
                "h" => TimeSpan.FromHours(number),
                "d" => TimeSpan.FromDays(number),
                _ => null,
            };
            if (part is null)
                return null;
            total += part.Value;
            rest = letters < 0 ? [] : rest[letters..];
        }
        return text.Length == 0 ? null : total;
    }
}
