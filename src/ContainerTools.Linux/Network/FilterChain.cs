namespace ContainerTools.Linux.Network;

/// <summary>A chain of nf_tables that the kernel hands packets to.</summary>
/// <param name="Family"><c>ip</c>, <c>ip6</c>, <c>inet</c>, or another of nft(8).</param>
/// <param name="Table">The table's name.</param>
/// <param name="Name">The chain's name.</param>
/// <param name="Hook">Where it stands: 0 before routing, 1 for what this host gets, 2 for what it passes on, 3 for what it sends, 4 after routing.</param>
/// <param name="DropsByDefault">Whether a packet is dropped that no rule decides about.</param>
public sealed record FilterChain(string Family, string Table, string Name, int Hook, bool DropsByDefault);
