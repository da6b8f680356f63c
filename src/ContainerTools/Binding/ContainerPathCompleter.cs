using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes the NAME: of NAME:/path, beside the files that PowerShell completes itself.</summary>
public sealed class ContainerPathCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var typed = (wordToComplete ?? "").Trim('\'', '"');
        List<CompletionResult> results = [];
        try
        {
            results.AddRange(new ContainerManager(StorePaths.FromEnvironment(), RuntimeProgram.Path).List()
                .Where(c => c.Name.StartsWith(typed, StringComparison.Ordinal))
                .Select(c => new CompletionResult(c.Name + ":/", c.Name + ":", CompletionResultType.ParameterValue, $"{c.State}  {c.Image}")));
        }
        catch (Exception e) when (ErrorRecords.IsExpected(e))
        {
            // Completion never fails.
        }
        return results.Concat(CompletionCompleters.CompleteFilename(wordToComplete ?? ""));
    }
}
