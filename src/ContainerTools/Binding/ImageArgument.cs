using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>An image as a parameter takes it: the object, or a name, an id, the beginning of an id or a digest.</summary>
/// <param name="Value">The object, if it was one.</param>
/// <param name="Text">The name or id.</param>
public sealed record ImageArgument(Image? Value, string Text)
{
    private static readonly Type[] s_types = [typeof(Image)];

    /// <inheritdoc/>
    public override string ToString() => Text;

    internal static ImageArgument? From(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        ImageArgument argument => argument,
        Image image => new ImageArgument(image, image.ToString()),
        Container container => new ImageArgument(null, container.ImageId),
        ContainerTools.Oci.ImageReference reference => new ImageArgument(null, reference.ToString()),
        string name when name.Length > 0 => new ImageArgument(null, name),
        // A row of a table that names an image is what a container is made of.
        PSCustomObject when value is PSObject bag && bag.Properties["Image"] is not null => null,
        _ => PropertyBag.Text(value, s_types, ("Reference", static _ => true), ("Id", static id => PropertyBag.IsId(id.StartsWith("sha256:", StringComparison.Ordinal) ? id[7..] : id))) is { } text ? new ImageArgument(null, text) : null,
    };
}
