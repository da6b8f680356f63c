using System.Collections;
using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>Takes the words of a command as PowerShell gives them to a program: $null is none, '' is one, a list is several, and a number is as it was typed.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class WordsTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => inputData is null ? null! : Words(inputData, isArgument: false).ToArray();

    private static IEnumerable<string> Words(object? value, bool isArgument)
    {
        var inner = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (inner is null)
            return [];
        if (inner is not IList list)
            return [LanguagePrimitives.ConvertTo<string>(value)];
        var words = list.Cast<object?>().SelectMany(element => Words(element, isArgument: true));
        // Whether it is one word is for the command to find out, which knows the statement.
        return isArgument && words.ToList() is { Count: > 1 } several ? [CommandWords.Mark(several)] : words;
    }
}
