using System.Globalization;

namespace ContainerTools.Cmdlets;

/// <summary>Sizes as people write them. Powers of 1024 throughout, as PowerShell's own 1MB.</summary>
internal static class ByteSize
{
    private static readonly string[] s_units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>Reads <c>512m</c>, <c>512MB</c>, <c>1.5 GiB</c> or a plain number of bytes.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var trimmed = text.Trim().ToUpperInvariant();
        var digits = 0;
        while (digits < trimmed.Length && (char.IsAsciiDigit(trimmed[digits]) || trimmed[digits] is '.' || (digits == 0 && trimmed[0] == '-')))
            digits++;
        if (!decimal.TryParse(trimmed[..digits], NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return false;
        var unit = trimmed[digits..].Trim().Replace("IB", "B", StringComparison.Ordinal);
        var power = unit.Length == 0 ? 0 : Array.FindIndex(s_units, u => u == unit || (u.Length == 2 && u[..1] == unit));
        if (power < 0)
            return false;
        for (; power > 0; power--)
        {
            number *= 1024;
            if (number > long.MaxValue)
                return false;
        }
        bytes = (long)number;
        return true;
    }

    /// <summary>Three significant digits and a unit: <c>1.21 MB</c>.</summary>
    public static string Format(long bytes)
    {
        var value = (double)bytes;
        var unit = 0;
        for (; Math.Abs(value) >= 1000 && unit < s_units.Length - 1; unit++)
            value /= 1024;
        var format = unit == 0 || Math.Abs(value) >= 100 ? "0" : Math.Abs(value) >= 10 ? "0.0" : "0.00";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {s_units[unit]}";
    }
}
