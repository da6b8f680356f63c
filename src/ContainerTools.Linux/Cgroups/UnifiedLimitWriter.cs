using System.Globalization;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Linux.Cgroups;

/// <summary>Limits in version 2 (the kernel's admin-guide/cgroup-v2), converted from the version 1 scales of the runtime-spec.</summary>
internal sealed class UnifiedLimitWriter(string directory)
{
    public void Apply(CgroupLimits limits)
    {
        if (!UserNamespace.IsHostRoot)
            RequireDelegation(limits);
        Write("memory", "memory.low", Bytes(limits.MemoryReservation));
        Write("memory", "memory.max", Bytes(limits.Memory));
        if (limits.MemoryAndSwap is { } total)
            WriteSwap(total, limits.Memory);
        if (limits.KernelTcpMemory is not null)
            throw new CgroupException("memory", "A limit of TCP buffers cannot be set: cgroup v2 has none of its own; they count as memory.");
        if (limits.Swappiness is not null)
            throw new CgroupException("memory", "The swappiness cannot be set: cgroup v2 has none. Limit memory and swap instead.");
        if (limits.DisableOomKiller == true)
            throw new CgroupException("memory", "The OOM killer cannot be disabled: cgroup v2 has no such setting.");
        if (limits.CpuShares is { } shares and not 0)
            Write("cpu", "cpu.weight", (1 + ((Math.Clamp(shares, 2, 262144) - 2) * 9999 / 262142)).ToString(CultureInfo.InvariantCulture));
        if (limits.CpuQuota is not null || limits.CpuPeriod is not null)
        {
            var quota = limits.CpuQuota is > 0 ? limits.CpuQuota.Value.ToString(CultureInfo.InvariantCulture) : "max";
            Write("cpu", "cpu.max", limits.CpuPeriod is { } period ? $"{quota} {period}" : quota);
        }
        Write("cpu", "cpu.max.burst", limits.CpuBurst?.ToString(CultureInfo.InvariantCulture));
        Write("cpu", "cpu.idle", limits.CpuIdle?.ToString(CultureInfo.InvariantCulture));
        if (limits.RealtimeRuntime is not null || limits.RealtimePeriod is not null)
            throw new CgroupException("cpu", "Real-time CPU limits cannot be set: cgroup v2 has none.");
        Write("cpuset", "cpuset.cpus", limits.CpuSet);
        Write("cpuset", "cpuset.mems", limits.MemoryNodes);
        if (limits.Pids is { } pids)
            Write("pids", "pids.max", pids > 0 ? pids.ToString(CultureInfo.InvariantCulture) : "max");
        ApplyBlock(limits);
        foreach (var (size, bytes) in limits.HugePages)
            Write("hugetlb", $"hugetlb.{size}.max", bytes.ToString(CultureInfo.InvariantCulture));
        foreach (var (device, limit) in limits.Rdma)
            Write("rdma", "rdma.max", $"{device} {limit}");
        if (limits.NetworkClass is not null || limits.NetworkPriorities.Count > 0)
            throw new CgroupException("network", "Network classes and priorities cannot be set: cgroup v2 has none; mark packets with nft by their group instead.");
        // In a user namespace there are no device nodes but those that were bound into it, and filters are root's.
        if (limits.Devices.Count > 0 && UserNamespace.IsHostRoot)
            DeviceFilter.Attach(directory, limits.Devices);
        foreach (var (file, value) in limits.Unified)
        {
            if (file.Contains('/', StringComparison.Ordinal) || !file.Contains('.', StringComparison.Ordinal))
                throw new CgroupException("unified", $"'{file}' is not the name of a cgroup v2 file.");
            Write(file[..file.IndexOf('.', StringComparison.Ordinal)], file, value);
        }
    }

    /// <summary>An ordinary user has the controllers that were delegated to him: what needs another one is an error before anything is set.</summary>
    private void RequireDelegation(CgroupLimits limits)
    {
        var delegated = CgroupFile.ReadWords(directory + "/cgroup.controllers");
        string[] missing = [.. Needed(limits).Distinct(StringComparer.Ordinal).Except(delegated, StringComparer.Ordinal)];
        if (missing.Length == 0)
            return;
        var several = missing.Length > 1;
        var message = $"The controller{(several ? "s" : "")} '{string.Join("', '", missing)}' of the limits that were asked for {(several ? "are" : "is")} not delegated to this user"
            + $" (those that are: {(delegated.Length > 0 ? string.Join(" ", delegated) : "none")}). {CgroupDelegation.HowTo}";
        throw new CgroupException(missing[0], message) { IsDelegation = true };
    }

    private static IEnumerable<string> Needed(CgroupLimits limits)
    {
        if ((limits.Memory ?? limits.MemoryAndSwap ?? limits.MemoryReservation) is not null)
            yield return "memory";
        if (limits.CpuShares is not null and not 0 || limits.CpuQuota is not null || limits.CpuPeriod is not null || limits.CpuBurst is not null || limits.CpuIdle is not null)
            yield return "cpu";
        if ((limits.CpuSet ?? limits.MemoryNodes) is not null)
            yield return "cpuset";
        if (limits.Pids is not null)
            yield return "pids";
        if (limits.BlockWeight is not null || limits.BlockWeights.Count + limits.ReadBytes.Count + limits.WriteBytes.Count + limits.ReadOperations.Count + limits.WriteOperations.Count > 0)
            yield return "io";
        if (limits.HugePages.Count > 0)
            yield return "hugetlb";
        if (limits.Rdma.Count > 0)
            yield return "rdma";
        foreach (var (file, _) in limits.Unified)
        {
            if (file.IndexOf('.', StringComparison.Ordinal) is var end and > 0 && file[..end] != "cgroup")
                yield return file[..end];
        }
    }

    private void WriteSwap(long total, long? memory)
    {
        // Version 2 limits swap by itself, the runtime-spec memory and swap together.
        if (total >= 0 && memory is not > 0)
            throw new CgroupException("memory", "A limit of memory and swap needs a limit of memory beside it.");
        if (total >= 0 && total < memory)
            throw new CgroupException("memory", $"The limit of memory and swap ({total}) is below that of memory ({memory}).");
        var value = total < 0 ? "max" : (total - memory!.Value).ToString(CultureInfo.InvariantCulture);
        if (File.Exists($"{directory}/memory.swap.max") || value is not ("0" or "max"))
            Write("memory", "memory.swap.max", value);
    }

    private void ApplyBlock(CgroupLimits limits)
    {
        if (limits.BlockWeight is { } weight)
        {
            WriteWeight("", weight);
        }
        if (limits.BlockLeafWeight is not null || limits.BlockLeafWeights.Count > 0)
            throw new CgroupException("io", "A leaf weight cannot be set: cgroup v2 has none.");
        foreach (var (device, own) in limits.BlockWeights)
            WriteWeight(device + " ", own);
        Rates("rbps", limits.ReadBytes);
        Rates("wbps", limits.WriteBytes);
        Rates("riops", limits.ReadOperations);
        Rates("wiops", limits.WriteOperations);
    }

    private void WriteWeight(string prefix, ushort weight)
    {
        var bfq = File.Exists($"{directory}/io.bfq.weight");
        Write("io", bfq ? "io.bfq.weight" : "io.weight", prefix + (bfq ? weight : 1 + ((weight - 10) * 9999 / 990)).ToString(CultureInfo.InvariantCulture));
    }

    private void Rates(string key, IReadOnlyList<KeyValuePair<string, ulong>> rates)
    {
        foreach (var (device, rate) in rates)
            Write("io", "io.max", $"{device} {key}={rate}");
    }

    private static string? Bytes(long? value) =>
        value is null ? null : value < 0 ? "max" : value.Value.ToString(CultureInfo.InvariantCulture);

    private void Write(string controller, string file, string? value)
    {
        if (value is not null)
            LimitErrors.Write($"{directory}/{file}", controller, value);
    }
}
