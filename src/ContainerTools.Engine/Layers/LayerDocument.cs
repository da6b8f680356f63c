namespace ContainerTools.Engine.Layers;

/// <summary>layer.json: what a layer's directory says of itself. It is written after the layer's files are on the disk.</summary>
internal sealed class LayerDocument
{
    public string DiffId { get; set; } = "";

    public long Size { get; set; }
}
