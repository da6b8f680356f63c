namespace ContainerTools.Oci.Runtime;

/// <summary>Whether something is supported.</summary>
public sealed class EnabledFeature
{
    /// <summary>True when it is.</summary>
    public bool? Enabled { get; set; }
}
