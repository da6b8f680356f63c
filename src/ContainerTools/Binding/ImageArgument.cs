using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>An image as a parameter takes it: the object, or a name, an id, the beginning of an id or a digest.</summary>
/// <param name="Value">The object, if it was one.</param>
/// <param name="Text">The name or id.</param>
public sealed record ImageArgument(Image? Value, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;

    internal static ImageArgument? From(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        ImageArgument argument => argument,
        Image image => new ImageArgument(image, image.ToString()),
        Container container => new ImageArgument(null, container.ImageId),
        ContainerTools.Oci.ImageReference reference => new ImageArgument(null, reference.ToString()),
        string text when text.Length > 0 => new ImageArgument(null, text),
        _ => null,
    };
}
