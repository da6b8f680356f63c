namespace ContainerTools.Binding;

/// <summary>Makes a <see cref="VolumeArgument"/> of what a parameter is given.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class VolumeTransformationAttribute : NounTransformationAttribute
{
    private protected override string Accepted => "a volume: give its object or name";

    private protected override object? Convert(object? value) => VolumeArgument.From(value);

    private protected override Array ToArray(IReadOnlyList<object> values) => values.Cast<VolumeArgument>().ToArray();
}
