using System.Buffers;
using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes names from the store. Completion never fails: what cannot be read gives no names.</summary>
public abstract class NameCompleter : IArgumentCompleter
{
    private static readonly SearchValues<char> s_special = SearchValues.Create(" '\"$`@{}()[];,|&<>#");

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var typed = (wordToComplete ?? "").Trim('\'', '"');
        List<(string Name, string Description)> names;
        try
        {
            names = [.. Names(StorePaths.FromEnvironment(), commandAst)];
        }
        catch (Exception e) when (ErrorRecords.IsExpected(e))
        {
            return [];
        }
        return names
            .Where(n => n.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .DistinctBy(n => n.Name)
            .Select(n => new CompletionResult(Quote(n.Name), n.Name, CompletionResultType.ParameterValue, n.Description));
    }

    private protected abstract IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command);

    private static string Quote(string name) => name.AsSpan().ContainsAny(s_special) ? $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'" : name;
}
