using System.Management.Automation;
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
