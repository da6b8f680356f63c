using System.Globalization;

namespace ContainerTools.Linux.Cgroups;

/// <summary>Limits in version 1 controllers (the kernel's admin-guide/cgroup-v1).</summary>
internal sealed class LegacyLimitWriter(Func<string, string?> directory)
{
    public void Apply(CgroupLimits limits)
    {
        ApplyMemory(limits);
        Write("cpu", "cpu.shares", limits.CpuShares);
        // A quota is checked against the period that is in force, so the period comes first.
        Write("cpu", "cpu.cfs_period_us", limits.CpuPeriod);
        Write("cpu", "cpu.cfs_quota_us", limits.CpuQuota);
        Write("cpu", "cpu.cfs_burst_us", limits.CpuBurst);
        Write("cpu", "cpu.idle", limits.CpuIdle);
        Write("cpu", "cpu.rt_period_us", limits.RealtimePeriod);
        Write("cpu", "cpu.rt_runtime_us", limits.RealtimeRuntime);
        Write("cpuset", "cpuset.cpus", limits.CpuSet);
        Write("cpuset", "cpuset.mems", limits.MemoryNodes);
        if (limits.Pids is { } pids)
            Write("pids", "pids.max", pids > 0 ? pids.ToString(CultureInfo.InvariantCulture) : "max");
        ApplyBlock(limits);
        foreach (var (size, bytes) in limits.HugePages)
            Write("hugetlb", $"hugetlb.{size}.limit_in_bytes", bytes);
        foreach (var (device, limit) in limits.Rdma)
            Write("rdma", "rdma.max", $"{device} {limit}");
        Write("net_cls", "net_cls.classid", limits.NetworkClass);
        foreach (var (name, priority) in limits.NetworkPriorities)
            Write("net_prio", "net_prio.ifpriomap", $"{name} {priority}");
        foreach (var rule in limits.Devices)
        {
            var all = rule is { Type: 'a', Major: < 0, Minor: < 0 } && rule.Access.Length == 3;
            Write("devices", rule.Allow ? "devices.allow" : "devices.deny", all ? "a" : $"{rule.Type} {Number(rule.Major)}:{Number(rule.Minor)} {rule.Access}");
        }
        if (limits.Unified.Count > 0)
            throw new CgroupException("unified", $"'{limits.Unified[0].Key}' cannot be set: this machine has no cgroup v2 controllers.");
    }

    private void ApplyMemory(CgroupLimits limits)
    {
        Write("memory", "memory.soft_limit_in_bytes", limits.MemoryReservation);
        var group = directory("memory");
        // memory may not exceed memory+swap at any moment: when both grow, the latter goes first.
        var growing = group is not null && limits.MemoryAndSwap is { } total
            && (total < 0 || (long.TryParse(CgroupFile.TryRead(group + "/memory.limit_in_bytes"), out var now) && limits.Memory > now));
        if (growing)
            WriteSwap(limits);
        Write("memory", "memory.limit_in_bytes", limits.Memory);
        if (!growing)
            WriteSwap(limits);
        if (limits.KernelMemory is { } kernel && group is not null)
            _ = CgroupFile.TryWrite(group + "/memory.kmem.limit_in_bytes", kernel.ToString(CultureInfo.InvariantCulture));
        Write("memory", "memory.kmem.tcp.limit_in_bytes", limits.KernelTcpMemory);
        if (limits.DisableOomKiller == true)
            Write("memory", "memory.oom_control", "1");
        Write("memory", "memory.swappiness", limits.Swappiness);
    }

    private void WriteSwap(CgroupLimits limits)
    {
        if (limits.MemoryAndSwap is null)
            return;
        // Kernels without swap accounting have no such file; with equal values nothing could be swapped anyway where there is no swap.
        if (directory("memory") is { } group && !File.Exists(group + "/memory.memsw.limit_in_bytes"))
        {
            if (limits.MemoryAndSwap == limits.Memory || limits.MemoryAndSwap < 0)
                return;
            throw new CgroupException("memory", "A limit of memory and swap cannot be set: the kernel does not account for swap (boot it with swapaccount=1).");
        }
        Write("memory", "memory.memsw.limit_in_bytes", limits.MemoryAndSwap);
    }

    private void ApplyBlock(CgroupLimits limits)
    {
        if (limits.BlockWeight is { } weight)
        {
            Write("blkio", HasBfq ? "blkio.bfq.weight" : "blkio.weight", weight);
        }
        Write("blkio", "blkio.leaf_weight", limits.BlockLeafWeight);
        foreach (var (device, own) in limits.BlockWeights)
            Write("blkio", HasBfq ? "blkio.bfq.weight_device" : "blkio.weight_device", $"{device} {own}");
        foreach (var (device, leaf) in limits.BlockLeafWeights)
            Write("blkio", "blkio.leaf_weight_device", $"{device} {leaf}");
        Rates("blkio.throttle.read_bps_device", limits.ReadBytes);
        Rates("blkio.throttle.write_bps_device", limits.WriteBytes);
        Rates("blkio.throttle.read_iops_device", limits.ReadOperations);
        Rates("blkio.throttle.write_iops_device", limits.WriteOperations);
    }

    private bool HasBfq => directory("blkio") is { } group && File.Exists(group + "/blkio.bfq.weight");

    private void Rates(string file, IReadOnlyList<KeyValuePair<string, ulong>> rates)
    {
        foreach (var (device, rate) in rates)
            Write("blkio", file, $"{device} {rate}");
    }

    private static string Number(long number) => number < 0 ? "*" : number.ToString(CultureInfo.InvariantCulture);

    private void Write(string controller, string file, IFormattable? value)
    {
        if (value is not null)
            Write(controller, file, value.ToString(null, CultureInfo.InvariantCulture));
    }

    private void Write(string controller, string file, string? value)
    {
        if (value is null)
            return;
        var group = directory(controller)
            ?? throw new CgroupException(controller, $"'{file}' cannot be set to '{value}': no '{controller}' cgroup controller is mounted on this machine.");
        LimitErrors.Write($"{group}/{file}", controller, value);
    }
}
