using System.Globalization;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Specs;

/// <summary>Turns the resources of a config.json into limits of a control group.</summary>
public static class CgroupLimitsReader
{
    // What every container may use (runtime-spec config-linux.md, "Default Devices"), with mknod of anything: a node alone gives no access.
    private static readonly CgroupDeviceRule[] s_always =
    [
        new(true, 'c', -1, -1, "m"), new(true, 'b', -1, -1, "m"),
        new(true, 'c', 1, 3, "rwm") /* null */, new(true, 'c', 1, 5, "rwm") /* zero */, new(true, 'c', 1, 7, "rwm") /* full */,
        new(true, 'c', 1, 8, "rwm") /* random */, new(true, 'c', 1, 9, "rwm") /* urandom */, new(true, 'c', 5, 0, "rwm") /* tty */,
        new(true, 'c', 5, 2, "rwm") /* ptmx */, new(true, 'c', 136, -1, "rwm") /* pts */,
    ];

    /// <summary>Reads the resources.</summary>
    /// <param name="resources">From config.json or a container's update; null for no limits.</param>
    /// <param name="withDevices">Whether device rules are read. Updates leave devices as they are.</param>
    /// <exception cref="ContainerToolsException">ResourcesInvalid: a device rule is of no known kind.</exception>
    public static CgroupLimits Read(LinuxResources? resources, bool withDevices = true)
    {
        if (resources is null)
            return new CgroupLimits();
        LinuxBlockIO? block = resources.BlockIO;
        return new CgroupLimits
        {
            Memory = Set(resources.Memory?.Limit),
            MemoryAndSwap = Set(resources.Memory?.Swap),
            MemoryReservation = Set(resources.Memory?.Reservation),
            KernelMemory = Set(resources.Memory?.Kernel),
            KernelTcpMemory = Set(resources.Memory?.KernelTcp),
            DisableOomKiller = resources.Memory?.DisableOomKiller,
            Swappiness = Swappiness(resources.Memory?.Swappiness),
            CpuShares = Set(resources.Cpu?.Shares),
            CpuQuota = Set(resources.Cpu?.Quota),
            CpuPeriod = Set(resources.Cpu?.Period),
            CpuBurst = resources.Cpu?.Burst,
            CpuIdle = resources.Cpu?.Idle,
            RealtimeRuntime = Set(resources.Cpu?.RealtimeRuntime),
            RealtimePeriod = Set(resources.Cpu?.RealtimePeriod),
            CpuSet = resources.Cpu?.Cpus is { Length: > 0 } cpus ? cpus : null,
            MemoryNodes = resources.Cpu?.Mems is { Length: > 0 } nodes ? nodes : null,
            Pids = resources.Pids?.Limit,
            BlockWeight = block?.Weight is > 0 ? block.Weight : null,
            BlockLeafWeight = block?.LeafWeight is > 0 ? block.LeafWeight : null,
            BlockWeights = Weights(block?.WeightDevice, static device => device.Weight),
            BlockLeafWeights = Weights(block?.WeightDevice, static device => device.LeafWeight),
            NetworkClass = resources.Network?.ClassID,
            NetworkPriorities = resources.Network?.Priorities is not { Count: > 0 } priorities ? [] : [.. priorities.Select(static item => KeyValuePair.Create(item.Name, item.Priority))],
            Rdma = resources.Rdma is not { Count: > 0 } rdma ? [] : [.. rdma.Select(static item => KeyValuePair.Create(item.Key, Rdma(item.Value)))],
            ReadBytes = Rates(block?.ThrottleReadBpsDevice),
            WriteBytes = Rates(block?.ThrottleWriteBpsDevice),
            ReadOperations = Rates(block?.ThrottleReadIopsDevice),
            WriteOperations = Rates(block?.ThrottleWriteIopsDevice),
            HugePages = resources.HugepageLimits is not { Count: > 0 } pages ? [] : [.. pages.Select(static limit => KeyValuePair.Create(limit.PageSize, limit.Limit))],
            Devices = withDevices ? Devices(resources.Devices) : [],
            Unified = resources.Unified is { Count: > 0 } unified ? [.. unified] : [],
        };
    }

    // Engines write 0 for what nobody asked for; no limit of these could be 0.
    private static long? Set(long? value) => value is 0 ? null : value;

    private static ulong? Set(ulong? value) => value is 0 ? null : value;

    private static ulong? Swappiness(ulong? value) => value is null or <= 100 ? value : throw Invalid($"memory.swappiness is {value}; it goes from 0 to 100");

    private static KeyValuePair<string, ushort>[] Weights(List<LinuxWeightDevice>? devices, Func<LinuxWeightDevice, ushort?> weight) => devices is not { Count: > 0 } ? [] :
    [
        .. devices.Where(device => weight(device) is > 0)
            .Select(device => KeyValuePair.Create(string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor}"), weight(device)!.Value)),
    ];

    private static string Rdma(LinuxRdma limit) => string.Join(' ', new[] { limit.HcaHandles is { } handles ? $"hca_handle={handles}" : "", limit.HcaObjects is { } objects ? $"hca_object={objects}" : "" }
        .Where(static part => part.Length > 0));

    private static KeyValuePair<string, ulong>[] Rates(List<LinuxThrottleDevice>? devices) => devices is not { Count: > 0 } ? [] :
        [.. devices.Select(static device => KeyValuePair.Create(string.Create(CultureInfo.InvariantCulture, $"{device.Major}:{device.Minor}"), device.Rate))];

    private static List<CgroupDeviceRule> Devices(List<LinuxDeviceRule>? rules)
    {
        var result = new List<CgroupDeviceRule>();
        foreach (LinuxDeviceRule rule in rules ?? [])
        {
            string access = rule.Access is { Length: > 0 } letters ? letters : "rwm";
            char type = rule.Type switch
            {
                null or "" or "a" => 'a',
                "c" or "u" => 'c',
                "b" => 'b',
                _ => throw Invalid($"a device rule has the type '{rule.Type}'; types are a, b and c"),
            };
            if (access.AsSpan().IndexOfAnyExcept("rwm") >= 0)
                throw Invalid($"a device rule has the access '{access}'; letters are r, w and m");
            if (type == 'a')
            {
                // Everything: what came before no longer counts.
                result.Clear();
                access = "rwm";
            }
            result.Add(new CgroupDeviceRule(rule.Allow, type, type == 'a' ? -1 : rule.Major ?? -1, type == 'a' ? -1 : rule.Minor ?? -1, access));
        }
        // Where everything is allowed there is nothing to add, and without rules nothing is refused.
        if (result.Exists(static rule => !rule.Allow))
            result.AddRange(s_always);
        return result;
    }

    private static ContainerToolsException Invalid(string reason) => new("ResourcesInvalid", ErrorKind.InvalidData, $"The resources cannot be used: {reason}.");
}
