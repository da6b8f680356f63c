namespace ContainerTools.Binding;

/// <summary>Makes a <see cref="NetworkArgument"/> of what a parameter is given.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NetworkTransformationAttribute : NounTransformationAttribute
{
    private protected override string Accepted => "a network: give its object or name";

    private protected override object? Convert(object? value) => NetworkArgument.From(value);

    private protected override Array ToArray(IReadOnlyList<object> values) => values.Cast<NetworkArgument>().ToArray();
}
