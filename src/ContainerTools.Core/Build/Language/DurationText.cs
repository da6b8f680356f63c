using System.Globalization;

namespace ContainerTools.Core.Build.Language;

/// <summary>Times as Containerfiles write them: <c>1h</c>, <c>1m30s</c>, <c>1.5s</c>, <c>500ms</c>, <c>0</c>.</summary>
internal static class DurationText
{
    internal static bool TryParse(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (text == "0")
            return true;
        decimal nanoseconds = 0;
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] == '.'))
                i++;
            int unit = i;
            while (i < text.Length && !char.IsAsciiDigit(text[i]) && text[i] != '.')
                i++;
            decimal factor = text[unit..i] switch
            {
                "ns" => 1,
                "us" or "\u00B5s" or "\u03BCs" => 1_000,
                "ms" => 1_000_000,
                "s" => 1_000_000_000,
                "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                _ => 0,
            };
            // 300 years are more than TimeSpan can take here, and than anybody waits.
            if (factor == 0 || unit - start > 18 || !decimal.TryParse(text[start..unit], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || (nanoseconds += number * factor) > 9_000_000_000_000_000_000)
            {
                return false;
            }
        }

        value = TimeSpan.FromTicks((long)(nanoseconds / TimeSpan.NanosecondsPerTick));
        return text.Length > 0;
    }
}
