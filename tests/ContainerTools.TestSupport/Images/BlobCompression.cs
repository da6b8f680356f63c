namespace ContainerTools.TestSupport;

/// <summary>How <see cref="LayoutBuilder"/> stores a layer.</summary>
public enum BlobCompression
{
    Gzip,
    None,
}
