namespace ContainerTools.Oci.Runtime;

/// <summary>System call filter features.</summary>
public sealed class SeccompFeatures
{
    /// <summary>Whether filters are supported.</summary>
    public bool? Enabled { get; set; }

    /// <summary>Actions known.</summary>
    public List<string>? Actions { get; set; }

    /// <summary>Comparison operators known.</summary>
    public List<string>? Operators { get; set; }

    /// <summary>Architectures known.</summary>
    public List<string>? Archs { get; set; }

    /// <summary>Flags known.</summary>
    public List<string>? KnownFlags { get; set; }

    /// <summary>Flags that the running kernel supports.</summary>
    public List<string>? SupportedFlags { get; set; }
}
