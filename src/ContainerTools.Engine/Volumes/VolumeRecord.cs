namespace ContainerTools.Engine.Volumes;

/// <summary>What volume.json keeps.</summary>
internal sealed class VolumeRecord
{
    public string Name { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    public bool Anonymous { get; set; }

    public Dictionary<string, string> Labels { get; set; } = [];
}
