namespace ContainerTools.Linux.Network;

/// <summary>A rule of nf_tables, as far as it is about whole interfaces.</summary>
/// <param name="Chain">Name of the chain that it is in.</param>
/// <param name="Incoming">The interfaces by which a packet must have come, as nft(8) writes them (<c>eth0</c>, <c>veth*</c>); null if that does not matter.</param>
/// <param name="Outgoing">The interfaces by which it must go on.</param>
/// <param name="Accepts">Whether packets are accepted.</param>
/// <param name="Drops">Whether packets are dropped or rejected.</param>
/// <param name="Jump">The chain that decides about them; null for none.</param>
/// <param name="HasOtherConditions">Whether it asks for more.</param>
public sealed record FilterRule(string Chain, string? Incoming, string? Outgoing, bool Accepts, bool Drops, string? Jump, bool HasOtherConditions);
