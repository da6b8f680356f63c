using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>Takes a text with commas in it also unquoted, which PowerShell makes an array of: <c>-CpuSet 0-2,4</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CommaTextTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if ((inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is not IList list)
            return inputData;
        return string.Join(',', list.Cast<object?>().Select(static piece => (piece is PSObject inner ? inner.BaseObject : piece) switch
        {
            string text => text,
            // Of another number the text is lost: 1d is 1.
            int number => number.ToString(CultureInfo.InvariantCulture),
            _ => throw new ArgumentTransformationMetadataException($"'{piece}' is no part of a text. Put a text with commas in quotes."),
        }));
    }
}
