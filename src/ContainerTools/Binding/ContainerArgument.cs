using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>A container as a parameter takes it: the object, or a name, an id or the beginning of an id.</summary>
/// <param name="Value">The object, if it was one.</param>
/// <param name="Text">The name or id.</param>
public sealed record ContainerArgument(Container? Value, string Text)
{
    private static readonly Type[] s_types = [typeof(Container), typeof(ContainerLogRecord), typeof(ContainerProcess), typeof(ContainerStatistics)];

    /// <inheritdoc/>
    public override string ToString() => Text;

    internal static ContainerArgument? From(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        ContainerArgument argument => argument,
        Container container => new ContainerArgument(container, container.Name),
        ContainerLogRecord { ContainerId: { } id } => new ContainerArgument(null, id),
        ContainerProcess process => new ContainerArgument(null, process.ContainerId),
        ContainerStatistics statistics => new ContainerArgument(null, statistics.ContainerId),
        ContainerEvent { Type: ContainerEventType.Container } record => new ContainerArgument(null, record.Id),
        string name when name.Length > 0 => new ContainerArgument(null, name),
        _ => PropertyBag.Text(value, s_types, ("ContainerId", PropertyBag.IsId), ("Id", PropertyBag.IsId), ("Name", static _ => true)) is { } text ? new ContainerArgument(null, text) : null,
    };
}
