namespace ContainerTools.Core.Build.Language;

/// <summary>A command in shell form (one string for the shell) or exec form (a JSON array of arguments).</summary>
public sealed record CommandLine
{
    private CommandLine(bool isShellForm, IReadOnlyList<string> arguments)
    {
        IsShellForm = isShellForm;
        Arguments = arguments;
    }

    /// <summary>True for the shell form, where the shell of the stage goes before <see cref="Arguments"/>.</summary>
    public bool IsShellForm { get; }

    /// <summary>The exec form's arguments, or the shell form's one string. Empty for <c>[]</c> and for an empty command.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>The shell form.</summary>
    /// <param name="script">What the shell gets after <c>-c</c>; empty for no command.</param>
    public static CommandLine Shell(string script)
    {
        ArgumentNullException.ThrowIfNull(script);
        return new(true, script.Length == 0 ? [] : [script]);
    }

    /// <summary>The exec form.</summary>
    /// <param name="arguments">The program and its arguments.</param>
    public static CommandLine Exec(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return new(false, arguments);
    }

    /// <summary>The arguments to execute: the shell goes before a shell form.</summary>
    /// <param name="shell">The shell in force, such as <c>/bin/sh -c</c>.</param>
    public IReadOnlyList<string> ToArguments(IReadOnlyList<string> shell)
    {
        ArgumentNullException.ThrowIfNull(shell);
        return IsShellForm && Arguments.Count > 0 ? [.. shell, .. Arguments] : Arguments;
    }
}
