namespace ContainerTools.Oci.Runtime;

/// <summary>One resource limit (getrlimit(2)).</summary>
public sealed class RlimitSpec
{
    /// <summary>Name as <c>RLIMIT_NOFILE</c>.</summary>
    public string Type { get; set; } = "";

    /// <summary>Ceiling; 18446744073709551615 is unlimited.</summary>
    public ulong Hard { get; set; }

    /// <summary>Value in force; 18446744073709551615 is unlimited.</summary>
    public ulong Soft { get; set; }
}
