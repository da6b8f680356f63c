using System.Collections;
using ContainerTools.Binding;

namespace ContainerTools.Cmdlets;

/// <summary>The variables of a command that has a terminal.</summary>
internal static class TerminalEnvironment
{
    private const string Kind = "TERM";

    /// <summary>The caller's variables, and the kind of terminal that this one is.</summary>
    public static Dictionary<string, string?> With(Hashtable? given)
    {
        var variables = NameValueTransformationAttribute.ToDictionary(given);
        variables.TryAdd(Kind, Environment.GetEnvironmentVariable(Kind) is { Length: > 0 } own ? own : "xterm");
        return variables;
    }
}
