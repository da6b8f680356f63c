using System.Globalization;

namespace ContainerTools.Core.Build.Language;

/// <summary>The ports of EXPOSE: <c>80</c>, <c>53/udp</c>, <c>8000-8010</c>; an address or a port of the host before a colon is dropped, with a warning.</summary>
internal static class PortText
{
    /// <summary>Each single port as <c>port/protocol</c>.</summary>
    /// <exception cref="FormatException">It is no port.</exception>
    internal static IEnumerable<string> Expand(string text)
    {
        string port = text[(text.LastIndexOf(':') + 1)..];
        int slash = port.IndexOf('/', StringComparison.Ordinal);
        string protocol = slash < 0 ? "tcp" : port[(slash + 1)..].ToLowerInvariant();
        protocol = protocol.Length == 0 ? "tcp" : protocol;
        string range = slash < 0 ? port : port[..slash];
        if (protocol is not ("tcp" or "udp" or "sctp"))
            throw new FormatException($"'{protocol}' in EXPOSE {text} is no protocol: tcp, udp or sctp");
        int dash = range.IndexOf('-', StringComparison.Ordinal);
        if (!TryPort(dash < 0 ? range : range[..dash], out int first) || !TryPort(dash < 0 ? range : range[(dash + 1)..], out int last) || last < first)
            throw new FormatException($"EXPOSE {text} is no port: a number from 0 to 65535, or two of them with a dash between, and a protocol, as in 53/udp");
        return Enumerable.Range(first, last - first + 1).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p}/{protocol}"));
    }

    internal static void Lint(string text, Instruction instruction, LintFilter found)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && text[slash..].Any(char.IsUpper))
            found.Add(LintRules.ExposeProtoCasing, $"The protocol in EXPOSE {text} should be in lower case", instruction);
        if (text.Contains(':'))
            found.Add(LintRules.ExposeInvalidFormat, $"EXPOSE {text} names an address or a port of the host; only the container's port counts", instruction);
    }

    private static bool TryPort(string text, out int port) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= 65535;
}
