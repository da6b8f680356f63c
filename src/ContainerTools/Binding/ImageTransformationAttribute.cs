namespace ContainerTools.Binding;

/// <summary>Makes a <see cref="ImageArgument"/> of what a parameter is given.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ImageTransformationAttribute : NounTransformationAttribute
{
    private protected override string Accepted => "an image: give its object, name, id or digest";

    private protected override object? Convert(object? value) => ImageArgument.From(value);

    private protected override Array ToArray(IReadOnlyList<object> values) => values.Cast<ImageArgument>().ToArray();
}
