using System.Globalization;
using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>Takes a time as a date, or as a duration before now: <c>10m</c>, a number of seconds or a TimeSpan.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PointInTimeTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = ArgumentText.Of(inputData);
        return value switch
        {
            null => null!,
            DateTimeOffset time => time,
            DateTime time => new DateTimeOffset(time),
            // 12:30 is a time of this day.
            not string when Ago(value) is { } time => time,
            string text when !text.Contains(':', StringComparison.Ordinal) && Ago(text) is { } time => time,
            string text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time) => time,
            _ => throw new ArgumentTransformationMetadataException($"'{value}' is no time. Give a date, or how long ago: 10m, 2h or a TimeSpan."),
        };
    }

    // As long ago as there are dates is since the first one.
    private static DateTimeOffset? Ago(object value) =>
        DurationTransformationAttribute.Read(value) is not { } ago ? null : ago < DateTimeOffset.Now - DateTimeOffset.MinValue ? DateTimeOffset.Now - ago : DateTimeOffset.MinValue;
}
