using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>A network as a parameter takes it: the object or its name.</summary>
/// <param name="Value">The object, if it was one.</param>
/// <param name="Text">The name.</param>
public sealed record NetworkArgument(ContainerNetwork? Value, string Text)
{
    private static readonly Type[] s_types = [typeof(ContainerNetwork)];

    /// <inheritdoc/>
    public override string ToString() => Text;

    internal static NetworkArgument? From(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        NetworkArgument argument => argument,
        ContainerNetwork network => new NetworkArgument(network, network.Name),
        ContainerEndpoint endpoint => new NetworkArgument(null, endpoint.Network),
        string name when name.Length > 0 => new NetworkArgument(null, name),
        _ => PropertyBag.Text(value, s_types, ("Name", static _ => true)) is { } text ? new NetworkArgument(null, text) : null,
    };
}
