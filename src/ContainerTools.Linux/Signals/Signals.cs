using System.Globalization;

namespace ContainerTools.Linux;

/// <summary>Signals by name and by number (signal(7)); the numbers are those of x86-64 and arm64.</summary>
public static class Signals
{
    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;

    /// <summary>SIGCONT.</summary>
    public const int Continue = 18;

    /// <summary>SIGSTOP.</summary>
    public const int Stop = 19;

    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    /// <summary>The highest number, SIGRTMAX.</summary>
    public const int Maximum = 64;

    private const int RealTimeMinimum = 34; // glibc and musl keep 32 and 33 to themselves

    // Ordered by number, from 1.
    private static readonly string[] StandardNames =
        ["HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP",
        "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"];

    /// <summary>The names of the standard signals, for example <c>SIGTERM</c>, by ascending number.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. StandardNames.Select(name => "SIG" + name)];

    /// <summary>Reads a signal as people write it: <c>TERM</c>, <c>SIGTERM</c>, <c>sigterm</c>, <c>15</c>, <c>RTMIN+3</c>, <c>RTMAX-1</c>.</summary>
    /// <param name="text">The signal.</param>
    /// <param name="number">Its number, 1 to 64.</param>
    /// <returns>Whether it is a signal.</returns>
    public static bool TryParse(string text, out int number)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            return number is >= 1 and <= Maximum;
        var name = text.ToUpperInvariant();
        if (name.StartsWith("SIG", StringComparison.Ordinal))
            name = name[3..];
        number = Array.IndexOf(StandardNames, name) + 1;
        if (number > 0)
            return true;
        number = name switch
        {
            "IOT" => 6,
            "CLD" => 17,
            "POLL" => 29,
            _ when name.StartsWith("RTMIN", StringComparison.Ordinal) => Offset(RealTimeMinimum, name[5..]),
            _ when name.StartsWith("RTMAX", StringComparison.Ordinal) => Offset(Maximum, name[5..]),
            _ => 0,
        };
        return number > 0;
    }

    /// <summary>A signal's name, for example <c>SIGTERM</c> or <c>SIGRTMIN+3</c>.</summary>
    /// <param name="number">1 to 64.</param>
    public static string NameOf(int number) => number switch
    {
        >= 1 when number <= StandardNames.Length => "SIG" + StandardNames[number - 1],
        RealTimeMinimum => "SIGRTMIN",
        > RealTimeMinimum and <= Maximum => string.Create(CultureInfo.InvariantCulture, $"SIGRTMIN+{number - RealTimeMinimum}"),
        _ => number.ToString(CultureInfo.InvariantCulture),
    };

    private static int Offset(int start, string offset)
    {
        if (offset.Length == 0)
            return start;
        if (offset[0] is not ('+' or '-') || !int.TryParse(offset, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var difference))
            return 0;
        var number = start + difference;
        return number is >= RealTimeMinimum and <= Maximum ? number : 0;
    }
}
