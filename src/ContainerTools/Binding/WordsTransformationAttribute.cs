using System.Collections;
using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>Takes the words of a command as PowerShell gives them to a program: $null is none, '' is one, a list is several, and a number is as it was typed.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class WordsTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (inputData is null)
            return null!;
        List<string> words = [];
        Add(words, inputData);
        return words.ToArray();
    }

    private static void Add(List<string> words, object? value)
    {
        var inner = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (inner is IList list)
        {
            foreach (var element in list)
                Add(words, element);
        }
        else if (inner is not null)
        {
            words.Add(LanguagePrimitives.ConvertTo<string>(value));
        }
    }
}
