using System.Management.Automation;
using System.Management.Automation.Language;
using ContainerTools.Cmdlets;

namespace ContainerTools.Binding;

/// <summary>
/// The <c>-c</c> of <c>sh -c</c>, <c>wc -c</c> and <c>tar -C</c> among a command's words. PowerShell takes it for the beginning of several parameters' names and refuses the statement, before the cmdlet can say
/// anything, unless one has just this name. So one has: a switch, which takes no word away, and the letter is put back where it stood.
/// </summary>
internal static class LetterC
{
    /// <summary>The command's words with the letter among them.</summary>
    /// <param name="cmdlet">The cmdlet, which runs a command. The statement is refused where it does not say for certain where the letter stood.</param>
    /// <param name="first">The parameter of the first word, which is not the command's.</param>
    /// <param name="words">The command's words as they were bound.</param>
    public static string[] PutBack(ContainerToolsCmdlet cmdlet, string first, IReadOnlyList<string> words)
    {
        var invocation = cmdlet.MyInvocation;
        List<(int Index, string Letter)?> places = [.. CommandWords.CallsIn(CommandWords.StatementOf(invocation) ?? "", invocation)
            .Where(static ast => ast.CommandElements.Any(IsLetter))
            .Select(ast => Find(ast, invocation, first, words.Count)).Distinct()];
        if (places is [var (index, letter)])
            return [.. words.Take(index), "-" + letter, .. words.Skip(index)];
        cmdlet.Refuse(new ErrorRecord(
            new PSArgumentException($"It is not certain what -c belongs to. Put -- before the command, as in '{invocation.InvocationName} web -- sh -c ...', or, if a parameter is meant, write its name in full, before the command."),
            "WordTakenForParameter", ErrorCategory.InvalidArgument, "-c"));
        return [];
    }

    /// <summary>Whether this is the letter.</summary>
    public static bool IsLetter(Ast element) => element is CommandParameterAst { Argument: null } parameter && string.Equals(parameter.ParameterName, "c", StringComparison.OrdinalIgnoreCase);

    /// <summary>How many of the command's words stand before the letter; null where that is not certain.</summary>
    private static (int Index, string Letter)? Find(CommandAst command, InvocationInfo invocation, string first, int words)
    {
        int found = 0;
        (int Index, string Letter)? place = null;
        bool named = false, all = false;
        var elements = command.CommandElements;
        for (int i = 1; i < elements.Count; i++)
        {
            var element = elements[i];
            if (!all && element.Extent.Text == "--")
            {
                all = true;
            }
            else if (!all && place is null && IsLetter(element))
            {
                // Before any word it is no command's.
                if (found == 0)
                    return null;
                place = (found, ((CommandParameterAst)element).ParameterName);
            }
            else if (element is CommandParameterAst parameter && (all || !CommandWords.Matching(invocation, parameter.ParameterName).Any()))
            {
                // What is no parameter's name is a word.
                if (parameter.Argument is not null)
                    return null;
                found++;
            }
            else if (element is CommandParameterAst given)
            {
                if (Named(invocation, given.ParameterName) is not { } known)
                    return null;
                named |= known.Name == first;
                if (given.Argument is null && known.ParameterType != typeof(SwitchParameter))
                    i++;
            }
            else if (element is VariableExpressionAst { Splatted: true })
            {
                return null;
            }
            else
            {
                found++;
            }
        }
        int before = !named && invocation.BoundParameters.ContainsKey(first) ? 1 : 0;
        // A variable that holds nothing is no word.
        return place is var (index, letter) && index >= before && found == words + before ? (index - before, letter) : null;
    }

    /// <summary>The parameter that a name or its beginning stands for; the cmdlet's own goes before a common one.</summary>
    private static ParameterMetadata? Named(InvocationInfo invocation, string name)
    {
        List<ParameterMetadata> matching = [.. CommandWords.Matching(invocation, name)];
        if (matching.Find(p => CommandWords.NamesOf(p).Contains(name, StringComparer.OrdinalIgnoreCase)) is { } exact)
            return exact;
        if (matching.Count > 1)
            matching.RemoveAll(static p => Cmdlet.CommonParameters.Contains(p.Name) || Cmdlet.OptionalCommonParameters.Contains(p.Name));
        return matching is [var only] ? only : null;
    }
}
