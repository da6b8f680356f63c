using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>A volume as a parameter takes it: the object or its name.</summary>
/// <param name="Value">The object, if it was one.</param>
/// <param name="Text">The name.</param>
public sealed record VolumeArgument(Volume? Value, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;

    internal static VolumeArgument? From(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        VolumeArgument argument => argument,
        Volume volume => new VolumeArgument(volume, volume.Name),
        string text when text.Length > 0 => new VolumeArgument(null, text),
        _ => null,
    };
}
