namespace ContainerTools.Linux.Cgroups;

/// <summary>One kind of memory that a control group accounts for, in bytes. What the machine does not count is null.</summary>
/// <param name="Usage">What is used now.</param>
/// <param name="Peak">The most that was ever used.</param>
/// <param name="Limit">How much there may be; null for no limit.</param>
/// <param name="Failures">How often the limit was reached.</param>
public sealed record CgroupCounter(long? Usage, long? Peak, long? Limit, long? Failures);
