namespace ContainerTools.Host;

/// <summary>What the command line asks for.</summary>
internal sealed record HostArguments(HostMode Mode, string Text, IReadOnlyList<string> Arguments, bool NonInteractive)
{
    public const string Usage =
        """
        Usage: ctsh [-NonInteractive] [-File] SCRIPT.ps1 [ARGUMENT...]
               ctsh [-NonInteractive] -Command TEXT...
               ctsh                     a prompt, or the script on standard input
               ctsh -                   the script on standard input
               ctsh -Version | -Help

        Runs PowerShell with the ContainerTools module loaded. The exit code is what the script passes to 'exit',
        1 after an uncaught error, otherwise 0; with -Command and standard input also 1 when the last command failed.

        Environment: CONTAINERTOOLS_PWSH   the directory of an installed PowerShell 7.6 whose standard cmdlets are used
                                           (default: that of the pwsh on PATH), or 'none' for the host's own few.
                     CONTAINERTOOLS_MODULE the module's manifest, when it is not in a directory above this program.
        """;

    public static HostArguments Parse(IReadOnlyList<string> arguments, bool inputIsTerminal)
    {
        var nonInteractive = false;
        for (var i = 0; i < arguments.Count; i++)
        {
            IReadOnlyList<string> Rest(int from) => [.. arguments.Skip(from)];
            var argument = arguments[i];
            if (argument == "-")
                return new HostArguments(HostMode.StandardInput, "", Rest(i + 1), true);
            if (!argument.StartsWith('-'))
                return new HostArguments(HostMode.File, argument, Rest(i + 1), nonInteractive);
            switch (argument.TrimStart('-').ToUpperInvariant())
            {
                case "NONINTERACTIVE":
                    nonInteractive = true;
                    break;
                case "NOPROFILE" or "NOLOGO" or "NOP":
                    // There are no profiles and there is no logo: pwsh's switches are taken so that ctsh can stand in for it.
                    break;
                case "FILE" or "F":
                    if (i + 1 >= arguments.Count)
                        return Wrong("-File needs the path of a script.");
                    return arguments[i + 1] == "-"
                        ? new HostArguments(HostMode.StandardInput, "", Rest(i + 2), true)
                        : new HostArguments(HostMode.File, arguments[i + 1], Rest(i + 2), nonInteractive);
                case "COMMAND" or "C":
                    if (i + 1 >= arguments.Count)
                        return Wrong("-Command needs the text of a command.");
                    return arguments[i + 1] == "-"
                        ? new HostArguments(HostMode.StandardInput, "", [], true)
                        : new HostArguments(HostMode.Command, string.Join(' ', Rest(i + 1)), [], nonInteractive);
                case "VERSION" or "V":
                    return new HostArguments(HostMode.Version, "", [], true);
                case "HELP" or "H" or "?":
                    return new HostArguments(HostMode.Help, "", [], true);
                default:
                    return Wrong($"Unknown option '{argument}'.");
            }
        }
        return inputIsTerminal && !nonInteractive
            ? new HostArguments(HostMode.Prompt, "", [], false)
            : new HostArguments(HostMode.StandardInput, "", [], true);
    }

    private static HostArguments Wrong(string message) => new(HostMode.WrongUsage, message, [], true);
}
