using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>A volume as a parameter takes it: the object or its name.</summary>
/// <param name="Value">The object, if it was one.</param>
/// <param name="Text">The name.</param>
public sealed record VolumeArgument(Volume? Value, string Text)
{
    private static readonly Type[] s_types = [typeof(Volume)];

    /// <inheritdoc/>
    public override string ToString() => Text;

    internal static VolumeArgument? From(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        VolumeArgument argument => argument,
        Volume volume => new VolumeArgument(volume, volume.Name),
        string name when name.Length > 0 => new VolumeArgument(null, name),
        _ => PropertyBag.Text(value, s_types, ("Name", static _ => true)) is { } text ? new VolumeArgument(null, text) : null,
    };
}
