using System.Buffers;
using System.Globalization;
using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>
/// Takes a duration as a number of seconds, a TimeSpan, or text, quoted or not: <c>90s</c>, <c>5m</c>, <c>1h30m</c>, <c>7d</c>, <c>250ms</c>, <c>00:01:30</c>. A decimal is refused, since <c>7d</c> is one wherever
/// it is not an argument of its own.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = ArgumentText.Of(inputData);
        return value is null ? null! : Read(value) ?? throw new ArgumentTransformationMetadataException(
            $"'{value}' is no duration. Give a number of seconds, a TimeSpan, or text such as 90s, 5m, 1h30m, 7d or 250ms.");
    }

    /// <summary>The duration that a value says; null for none.</summary>
    /// <exception cref="ArgumentTransformationMetadataException">It may be one of two.</exception>
    internal static TimeSpan? Read(object value) => value switch
    {
        TimeSpan span => span,
        string text => Parse(text),
        decimal number => throw new ArgumentTransformationMetadataException(
            $"The decimal {number} is either days or seconds: PowerShell makes one of an unquoted {number}d. Write '{number}d' or '{number}s' in quotes, or a TimeSpan."),
        _ when ArgumentText.IsNumber(value) => Of(LanguagePrimitives.ConvertTo<double>(value), TimeSpan.FromSeconds),
        _ => null,
    };

    internal static TimeSpan? Parse(string text)
    {
        text = text.Trim();
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            return Of(seconds, TimeSpan.FromSeconds);
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
                "ms" => Of(number, TimeSpan.FromMilliseconds),
                "s" => Of(number, TimeSpan.FromSeconds),
                "m" => Of(number, TimeSpan.FromMinutes),
                "h" => Of(number, TimeSpan.FromHours),
                "d" => Of(number, TimeSpan.FromDays),
                _ => null,
            };
            if (part is null)
                return null;
            if (total > TimeSpan.MaxValue - part.Value)
                return null;
            total += part.Value;
            rest = letters < 0 ? [] : rest[letters..];
        }
        return text.Length == 0 ? null : total;
    }

    private static TimeSpan? Of(double number, Func<double, TimeSpan> unit)
    {
        try
        {
            return unit(number);
        }
        catch (Exception e) when (e is OverflowException or ArgumentException)
        {
            // More than 10,675,199 days, or not a number.
            return null;
        }
    }
}
