namespace ContainerTools.Cmdlets;

/// <summary>Options in docker's form, <c>type=registry,ref=NAME</c>, which PowerShell takes for an array unless they are quoted.</summary>
internal static class OptionTexts
{
    /// <summary>Puts together again what belongs together: what begins with <c>type=</c>, and the <c>name=value</c> behind it.</summary>
    public static IEnumerable<string> Join(IEnumerable<string> values)
    {
        string? open = null;
        foreach (string value in values)
        {
            bool begins = value.StartsWith("type=", StringComparison.OrdinalIgnoreCase);
            if (open is not null && !begins && IsOption(value))
            {
                open += "," + value;
                continue;
            }

            if (open is not null)
                yield return open;
            open = begins ? value : null;
            if (!begins)
                yield return value;
        }

        if (open is not null)
            yield return open;
    }

    private static bool IsOption(string value) => value.IndexOf('=', StringComparison.Ordinal) is > 0 and var end && value[..end].All(static c => char.IsAsciiLetter(c) || c == '-');
}
