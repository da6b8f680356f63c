namespace ContainerTools.Engine.Systemd;

/// <summary>A call over D-Bus that failed.</summary>
/// <param name="name">The error's name, such as <c>org.freedesktop.systemd1.UnitExists</c>.</param>
/// <param name="message">What the other side says.</param>
internal sealed class DBusException(string name, string message) : IOException(message)
{
    public string Name { get; } = name;
}
