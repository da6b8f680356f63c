using System.Text.Json.Serialization;

namespace ContainerTools.Oci.Runtime;

/// <summary>Memory limits in bytes; -1 is unlimited.</summary>
public sealed class LinuxMemory
{
    /// <summary>Limit of memory.</summary>
    public long? Limit { get; set; }

    /// <summary>Soft limit.</summary>
    public long? Reservation { get; set; }

    /// <summary>Limit of memory and swap together.</summary>
    public long? Swap { get; set; }

    /// <summary>Limit of kernel memory (v1; ignored by current kernels).</summary>
    public long? Kernel { get; set; }

    /// <summary>Limit of TCP buffers (v1).</summary>
    [JsonPropertyName("kernelTCP")]
    public long? KernelTcp { get; set; }

    /// <summary>vm.swappiness of the group, 0 to 100 (v1).</summary>
    public ulong? Swappiness { get; set; }

    /// <summary>Whether tasks wait instead of being killed (v1).</summary>
    [JsonPropertyName("disableOOMKiller")]
    public bool? DisableOomKiller { get; set; }

    /// <summary>Whether children count (v1; always so in current kernels).</summary>
    public bool? UseHierarchy { get; set; }

    /// <summary>Whether a limit below the current use is an error.</summary>
    public bool? CheckBeforeUpdate { get; set; }
}
