using System.Globalization;

namespace ContainerTools.Linux.Network;

/// <summary>Ethernet addresses as six bytes and as text.</summary>
public static class HardwareAddress
{
    /// <summary>Bytes of an Ethernet address.</summary>
    public const int Length = 6;

    /// <summary>Writes <c>02:63:0a:c8:00:02</c>.</summary>
    public static string Format(ReadOnlySpan<byte> address)
    {
        var text = new System.Text.StringBuilder(address.Length * 3);
        foreach (var b in address)
        {
            if (text.Length > 0)
                text.Append(':');
            text.Append(b.ToString("x2", CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }

    /// <summary>Reads six bytes in hexadecimal, separated by <c>:</c> or <c>-</c>; null if the text is anything else.</summary>
    public static byte[]? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':', '-');
        var address = new byte[Length];
        if (parts.Length != Length)
            return null;
        for (var i = 0; i < Length; i++)
        {
            if (parts[i].Length is 0 or > 2 || !byte.TryParse(parts[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address[i]))
                return null;
        }
        return address;
    }

    /// <summary>Whether a card may have it: a group address (first byte odd) and zero are none.</summary>
    public static bool IsUnicast(ReadOnlySpan<byte> address) => address.Length == Length && (address[0] & 1) == 0 && address.ContainsAnyExcept((byte)0);
}
