using System.Collections;
using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>Turns what the user gives for a noun (one or a list) into that noun's argument type, and says what it takes when it cannot.</summary>
public abstract class NounTransformationAttribute : ArgumentTransformationAttribute
{
    private protected abstract string Accepted { get; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is IEnumerable list and not string)
            return ToArray([.. list.Cast<object?>().Select(Single)]);
        return Single(ArgumentText.OfName(inputData));
    }

    private protected abstract object? Convert(object? value);

    private protected abstract Array ToArray(IReadOnlyList<object> values);

    private object Single(object? value) => Convert(value)
        ?? throw new ArgumentTransformationMetadataException($"'{value ?? "null"}'{TypeOf(value)} is not {Accepted}.");

    private static string TypeOf(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) is { } inner and not string ? $" ({inner.GetType().Name})" : "";
}
