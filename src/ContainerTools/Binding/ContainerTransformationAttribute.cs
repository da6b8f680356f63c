namespace ContainerTools.Binding;

/// <summary>Makes a <see cref="ContainerArgument"/> of what a parameter is given.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ContainerTransformationAttribute : NounTransformationAttribute
{
    private protected override string Accepted => "a container: give its object, name or id";

    private protected override object? Convert(object? value) => ContainerArgument.From(value);

    private protected override Array ToArray(IReadOnlyList<object> values) => values.Cast<ContainerArgument>().ToArray();
}
