namespace ContainerTools.Runtime.CommandLine;

/// <summary>The value of <c>--format</c>, where a command prints a table or JSON.</summary>
internal static class OutputFormat
{
    public static bool IsJson(ArgumentReader arguments) => arguments.Value() switch
    {
        "json" => true,
        "table" => false,
        var other => throw new CommandException($"'--format {other}' is neither 'table' nor 'json'."),
    };
}
