namespace ContainerTools.Engine.Networks;

/// <summary>A <see cref="NetworkSubnet"/> as text.</summary>
internal sealed class NetworkSubnetRecord
{
    public string Subnet { get; set; } = "";

    public string Gateway { get; set; } = "";

    public string? IPRange { get; set; }
}
