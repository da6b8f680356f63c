namespace ContainerTools.Engine.Networks;

/// <summary>What the caller asks of a new network.</summary>
public sealed class NetworkOptions
{
    /// <summary>Its name: letters, digits, <c>_.-</c>, at least two, the first a letter or digit.</summary>
    public required string Name { get; set; }

    /// <summary>Ranges such as <c>10.1.0.0/24</c> and <c>fd00:1::/64</c>, at most one of a family; empty for a free one.</summary>
    public IReadOnlyList<string> Subnets { get; set; } = [];

    /// <summary>The bridge's address in each of the ranges; the first usable one where none is given.</summary>
    public IReadOnlyList<string> Gateways { get; set; } = [];

    /// <summary>Parts of the ranges from which addresses are chosen.</summary>
    public IReadOnlyList<string> IPRanges { get; set; } = [];

    /// <summary>Whether a range of IPv6 addresses is chosen when none is given.</summary>
    public bool IPv6 { get; set; }

    /// <summary>Whether containers reach each other and the host only.</summary>
    public bool Internal { get; set; }

    /// <summary>Largest packet in bytes, 68 to 65535; null for the default.</summary>
    public int? Mtu { get; set; }

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();
}
