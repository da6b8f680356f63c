namespace ContainerTools.Linux.Cgroups;

/// <summary>What a control group has done with one block device.</summary>
/// <param name="Major">The device's major number.</param>
/// <param name="Minor">The device's minor number.</param>
/// <param name="Operation"><c>Read</c>, <c>Write</c>, and what else the kernel tells apart.</param>
/// <param name="Value">Bytes, or requests.</param>
public sealed record CgroupBlockCounter(long Major, long Minor, string Operation, long Value);
