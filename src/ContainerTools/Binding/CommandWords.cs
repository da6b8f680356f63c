using System.Management.Automation;
using System.Management.Automation.Language;
using System.Reflection;

namespace ContainerTools.Binding;

/// <summary>
/// The words of a command among which are lists. PowerShell makes one of <c>ps -o pid,args</c> too, and gives a program what was written, <c>pid,args</c>, but the words of a list in a variable
/// one by one; so this looks at the statement.
/// </summary>
internal static class CommandWords
{
    // No character (Unicode's chapter 23.7), so in nobody's word.
    private const char Separator = '\uFDD0';

    private static readonly PropertyInfo? s_statement = typeof(InvocationInfo).GetProperty("Statement");

    /// <summary>The statement that invokes a command, as it was written; PowerShell before 7.4 knows its line.</summary>
    public static string? StatementOf(InvocationInfo invocation) => s_statement?.GetValue(invocation) as string ?? invocation.Line;

    /// <summary>Where a statement calls the command that is invoked by it; once, most often.</summary>
    public static IEnumerable<CommandAst> CallsIn(string statement, InvocationInfo invocation) => Parser.ParseInput(statement, out _, out _)
        .FindAll(static a => a is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>()
        .Where(call => string.Equals(call.GetCommandName(), invocation.InvocationName, StringComparison.OrdinalIgnoreCase));

    /// <summary>The command's parameters that a name or its beginning may stand for.</summary>
    public static IEnumerable<ParameterMetadata> Matching(InvocationInfo invocation, string name) =>
        invocation.MyCommand.Parameters.Values.Where(parameter => NamesOf(parameter).Any(n => n.StartsWith(name, StringComparison.OrdinalIgnoreCase)));

    /// <summary>A parameter's name and its aliases.</summary>
    public static IEnumerable<string> NamesOf(ParameterMetadata parameter) => parameter.Aliases.Prepend(parameter.Name);

    /// <summary>A list as one word, until it is known what it is.</summary>
    public static string Mark(IEnumerable<string> list) => string.Join(Separator, list);

    /// <summary>The words.</summary>
    /// <param name="words">Words, with lists as <see cref="Mark"/> made them.</param>
    /// <param name="invocation">The command's invocation.</param>
    public static string[] Of(IReadOnlyList<string> words, InvocationInfo invocation)
    {
        if (!words.Any(static w => w.Contains(Separator, StringComparison.Ordinal)))
            return [.. words];
        string statement = StatementOf(invocation) ?? "";
        return [.. words.SelectMany(word => word.Replace(Separator, ',') is var written && statement.Contains(written, StringComparison.Ordinal) ? [written] : word.Split(Separator))];
    }
}
