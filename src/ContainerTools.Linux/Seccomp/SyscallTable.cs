using System.Text;

namespace ContainerTools.Linux.Seccomp;

/// <summary>System calls by name and number, for the architectures that a filter knows.</summary>
public static partial class SyscallTable
{
    private const int Columns = 5;

    /// <summary>Bit that marks a number of the x32 ABI.</summary>
    internal const int X32Bit = 0x40000000;

    private static readonly Entries s_entries = Parse();

    /// <summary>How many names there are.</summary>
    public static int Count => s_entries.Starts.Length;

    /// <summary>The number of a system call on an architecture.</summary>
    /// <returns>False when the name is not known or the architecture lacks the call.</returns>
    public static bool TryGetNumber(string name, SeccompArchitecture architecture, out int number)
    {
        int place = Find(name);
        number = place < 0 ? -1 : Number(place, architecture);
        return number >= 0;
    }

    /// <summary>The name of a system call by its number (x32: with the bit), null when there is none.</summary>
    public static string? NameOf(int number, SeccompArchitecture architecture)
    {
        for (int place = 0; number >= 0 && place < Count; place++)
        {
            if (Number(place, architecture) == number)
                return Name(place);
        }
        return null;
    }

    /// <summary>All names, in ordinal order.</summary>
    public static IEnumerable<string> Names()
    {
        for (int place = 0; place < Count; place++)
            yield return Name(place);
    }

    internal static int Find(string name)
    {
        Span<byte> bytes = stackalloc byte[64];
        return Encoding.UTF8.TryGetBytes(name, bytes, out int length) ? Find(bytes[..length]) : -1;
    }

    internal static int Find(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> text = Text;
        int low = 0, high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = name.SequenceCompareTo(text.Slice(s_entries.Starts[middle], s_entries.Lengths[middle]));
            if (order == 0)
                return middle;
            if (order < 0)
                high = middle - 1;
            else
                low = middle + 1;
        }
        return -1;
    }

    internal static int Number(int place, SeccompArchitecture architecture) => s_entries.Numbers[place * Columns + (int)architecture];

    private static string Name(int place) => Encoding.ASCII.GetString(Text.Slice(s_entries.Starts[place], s_entries.Lengths[place]));

    private static Entries Parse()
    {
        ReadOnlySpan<byte> text = Text;
        int count = text.Count((byte)';');
        var entries = new Entries(new ushort[count], new byte[count], new int[count * Columns]);
        int position = 0;
        for (int place = 0; place < count; place++)
        {
            position += text[position..].IndexOfAnyExceptInRange((byte)0, (byte)' ');
            int length = text[position..].IndexOf((byte)' ');
            entries.Starts[place] = (ushort)position;
            entries.Lengths[place] = (byte)length;
            position += length;
            for (int column = 0; column < Columns; column++)
                entries.Numbers[place * Columns + column] = ParseNumber(text, ref position, entries.Numbers[place * Columns], column);
            position++;
        }
        return entries;
    }

    // Leaves the position behind the field.
    private static int ParseNumber(ReadOnlySpan<byte> text, ref int position, int first, int column)
    {
        position++;
        int value = -1;
        if (text[position] == '-')
            position++;
        else if (text[position] == '=')
            (value, position) = (first, position + 1);
        else
        {
            value = 0;
            for (; text[position] is >= (byte)'0' and <= (byte)'9'; position++)
                value = value * 10 + text[position] - '0';
        }
        return value >= 0 && column == (int)SeccompArchitecture.X32 ? value | X32Bit : value;
    }

    private sealed record Entries(ushort[] Starts, byte[] Lengths, int[] Numbers);
}
