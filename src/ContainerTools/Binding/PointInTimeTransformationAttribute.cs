using System.Globalization;
using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>Takes a time as a date, or as a duration before now: <c>10m</c> or a TimeSpan.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PointInTimeTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            null => null!,
            DateTimeOffset time => time,
            DateTime time => new DateTimeOffset(time),
            TimeSpan ago => DateTimeOffset.Now - ago,
            string text when DurationTransformationAttribute.Parse(text) is { } ago && !text.Contains(':', StringComparison.Ordinal) => DateTimeOffset.Now - ago,
            string text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time) => time,
            _ => throw new ArgumentTransformationMetadataException($"'{value}' is no time. Give a date, or how long ago: 10m, 2h or a TimeSpan."),
        };
    }
}
