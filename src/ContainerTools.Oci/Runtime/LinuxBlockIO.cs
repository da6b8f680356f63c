using System.Text.Json.Serialization;

namespace ContainerTools.Oci.Runtime;

/// <summary>Block I/O limits.</summary>
public sealed class LinuxBlockIO
{
    /// <summary>Weight, 10 to 1000.</summary>
    public ushort? Weight { get; set; }

    /// <summary>Weight against child groups (v1).</summary>
    public ushort? LeafWeight { get; set; }

    /// <summary>Weights by device.</summary>
    public List<LinuxWeightDevice>? WeightDevice { get; set; }

    /// <summary>Bytes read per second, by device.</summary>
    public List<LinuxThrottleDevice>? ThrottleReadBpsDevice { get; set; }

    /// <summary>Bytes written per second, by device.</summary>
    public List<LinuxThrottleDevice>? ThrottleWriteBpsDevice { get; set; }

    /// <summary>Reads per second, by device.</summary>
    [JsonPropertyName("throttleReadIOPSDevice")]
    public List<LinuxThrottleDevice>? ThrottleReadIopsDevice { get; set; }

    /// <summary>Writes per second, by device.</summary>
    [JsonPropertyName("throttleWriteIOPSDevice")]
    public List<LinuxThrottleDevice>? ThrottleWriteIopsDevice { get; set; }
}
