namespace ContainerTools.Engine.Layers;

/// <summary>An extended attribute of a tar entry, byte for byte.</summary>
/// <param name="Name">Its name with the namespace (<c>user.x</c>), without NUL.</param>
/// <param name="Value">Its value, which may hold any bytes.</param>
public readonly record struct TarExtendedAttribute(byte[] Name, byte[] Value);
