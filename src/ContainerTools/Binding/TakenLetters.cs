using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text.RegularExpressions;
using ContainerTools.Cmdlets;

namespace ContainerTools.Binding;

/// <summary>
/// Letters among a command's words that PowerShell has taken for parameters. A beginning of a parameter's name is as good as the whole, so without <c>--</c> before it <c>mkdir -p /a</c>
/// would be <c>mkdir /a</c> with -Privileged, and <c>ls -d /a</c> would be left to itself by -Detach.
/// </summary>
internal static partial class TakenLetters
{
    /// <summary>Refuses the statement where it has such letters.</summary>
    /// <param name="cmdlet">The cmdlet, which runs a command.</param>
    /// <param name="command">The names of the parameters that are what it runs, and where.</param>
    public static void Check(ContainerToolsCmdlet cmdlet, params ReadOnlySpan<string> command)
    {
        var invocation = cmdlet.MyInvocation;
        string? taken = null;
        foreach (string bound in invocation.BoundParameters.Keys)
        {
            if (!command.Contains(bound))
                taken = bound;
        }
        if (taken is null || CommandWords.StatementOf(invocation) is not { } statement || !Letter().IsMatch(statement))
            return;
        foreach (var ast in CommandWords.CallsIn(statement, invocation))
        {
            if (Find(ast, invocation, invocation.ExpectingInput ? 1 : 2) is var (letter, parameter))
            {
                cmdlet.Refuse(new ErrorRecord(
                    new PSArgumentException($"'-{letter}' among the command's words was taken for -{parameter}. Put -- before the command, as in '{invocation.InvocationName} web -- ls -{letter}', "
                        + $"or, if -{parameter} is meant, write it in full, before the command."),
                    "WordTakenForParameter", ErrorCategory.InvalidArgument, "-" + letter));
            }
        }
    }

    /// <summary>The first letter behind so many words that are no parameter's value, as far as can be seen, and the parameter that has taken it; null for none.</summary>
    private static (string Letter, string Parameter)? Find(CommandAst command, InvocationInfo invocation, int words)
    {
        int found = 0;
        var elements = command.CommandElements;
        for (int i = 1; i < elements.Count; i++)
        {
            if (LetterC.IsLetter(elements[i]))
            {
                found++;
            }
            else if (elements[i] is CommandParameterAst parameter)
            {
                if (found >= words && parameter.ParameterName.Length == 1 && ParameterOf(invocation, parameter.ParameterName) is { } taker)
                    return (parameter.ParameterName, taker);
            }
            else if (elements[i].Extent.Text == "--")
            {
                return null;
            }
            else if (elements[i - 1] is not CommandParameterAst || LetterC.IsLetter(elements[i - 1]))
            {
                found++;
            }
        }
        return null;
    }

    private static string? ParameterOf(InvocationInfo invocation, string letter) =>
        CommandWords.Matching(invocation, letter).FirstOrDefault(parameter => invocation.BoundParameters.ContainsKey(parameter.Name))?.Name;

    [GeneratedRegex(@"\s-[A-Za-z](\s|:|$)")]
    private static partial Regex Letter();
}
