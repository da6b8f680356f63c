using System.Globalization;
using ContainerTools.Engine;

namespace ContainerTools.Cmdlets;

/// <summary>The time that all of a build is to say it was made at (https://reproducible-builds.org/specs/source-date-epoch/).</summary>
internal static class SourceDate
{
    private const string Variable = "SOURCE_DATE_EPOCH";

    /// <summary>The time, or null when none is given.</summary>
    public static DateTimeOffset? FromEnvironment()
    {
        string? text = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(text))
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw new ContainerToolsException("InvalidSourceDate", ErrorKind.InvalidArgument, $"$env:{Variable} is '{text}', which is no number of seconds since 1970.", text);
    }
}
