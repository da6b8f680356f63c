namespace ContainerTools.Runtime.CommandLine;

/// <summary>
/// Reads a command's arguments one by one: options as <c>--name value</c>, <c>--name=value</c> or <c>-n value</c>, then operands. <c>--</c> ends the options.
/// </summary>
internal sealed class ArgumentReader(string[] arguments)
{
    private int next;
    private bool optionsEnded;
    private string? pendingValue;
    private string current = "";

    /// <summary>The next option's name, dashes included, or null where an operand or the end comes.</summary>
    public string? NextOption()
    {
        if (pendingValue is not null)
            throw new CommandException($"'{current}' takes no value.");
        if (optionsEnded || next >= arguments.Length || arguments[next].Length < 2 || arguments[next][0] != '-')
            return null;
        current = arguments[next++];
        if (current is "--help" or "-h")
            throw new GlobalOptions.HelpRequest();
        if (current == "--")
        {
            optionsEnded = true;
            return null;
        }
        var equals = current.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0)
        {
            pendingValue = current[(equals + 1)..];
            current = current[..equals];
        }
        return current;
    }

    /// <summary>The value of the option just read.</summary>
    public string Value()
    {
        if (pendingValue is { } value)
        {
            pendingValue = null;
            return value;
        }
        return next < arguments.Length ? arguments[next++] : throw new CommandException($"'{current}' needs a value.");
    }

    /// <summary>Whether the switch just read is on: <c>--name</c>, <c>--name=true</c> or <c>--name=false</c>.</summary>
    public bool Switch()
    {
        var value = pendingValue;
        pendingValue = null;
        return value is null || (bool.TryParse(value, out var on) ? on : throw new CommandException($"'{current}' is a switch; '{value}' is neither true nor false."));
    }

    /// <summary>Refuses the option just read.</summary>
    public CommandException Unknown(string command) => new($"'{current}' is not an option of '{command}'.");

    /// <summary>The next operand.</summary>
    /// <param name="what">What it is, for the error when it is missing.</param>
    public string Operand(string what) => next < arguments.Length ? arguments[next++] : throw new CommandException($"{what} is missing.");

    /// <summary>The next operand, or null at the end.</summary>
    public string? OptionalOperand() => next < arguments.Length ? arguments[next++] : null;

    /// <summary>All that is left.</summary>
    public IReadOnlyList<string> Rest()
    {
        var rest = arguments[next..];
        next = arguments.Length;
        // Options and operands may have been told apart by '--' right here.
        return !optionsEnded && rest is ["--", ..] ? rest[1..] : rest;
    }

    /// <summary>Refuses anything that is left.</summary>
    public void End()
    {
        if (next < arguments.Length)
            throw new CommandException($"'{arguments[next]}' is one argument too many.");
    }
}
