namespace ContainerTools.Engine.Contents;

/// <summary>A place in a container, or on the host.</summary>
/// <param name="Container">The container; null for the host.</param>
/// <param name="Path">An absolute path there. A source that ends in <c>/.</c> is what is in a directory and not the directory.</param>
public sealed record ContainerPath(Container? Container, string Path)
{
    /// <inheritdoc/>
    public override string ToString() => Container is null ? Path : $"{Container.Name}:{Path}";
}
