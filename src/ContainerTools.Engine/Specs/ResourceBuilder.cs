using ContainerTools.Engine.Containers;
using ContainerTools.Linux;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Specs;

/// <summary>The limits of a container.</summary>
internal static class ResourceBuilder
{
    // cgroup's usual period, and the least that the kernel takes as quota, both in microseconds.
    private const ulong Period = 100_000;
    private const long LeastQuota = 1000;

    // Below this no process can be started in the group.
    private const long LeastMemory = 6L << 20;

    internal static LinuxResources Build(ContainerConfiguration configuration, SpecInputs inputs, DeviceOptions devices) => new()
    {
        Devices = [.. devices.Rules],
        Memory = Memory(configuration, inputs),
        Cpu = Cpu(configuration),
        Pids = configuration.PidsLimit is { } limit ? new LinuxPids { Limit = limit > 0 ? limit : -1 } : null,
    };

    private static LinuxMemory? Memory(ContainerConfiguration configuration, SpecInputs inputs)
    {
        if (configuration.Memory is not { } memory || memory <= 0)
        {
            if (configuration.MemorySwap is > 0)
                throw Invalid($"A limit of {configuration.MemorySwap} bytes of memory and swap was asked for without one of memory. Give both.");
            return null;
        }
        if (memory < LeastMemory)
            throw Invalid($"A memory limit of {memory} bytes was asked for; the least that a process can start with is {LeastMemory} (6 MiB).");
        long? swap = configuration.MemorySwap;
        if (swap is >= 0 && swap < memory)
            throw Invalid($"A limit of {swap} bytes of memory and swap together was asked for, which is less than the {memory} of memory. Give more, or -1 for unlimited swap.");
        // As much swap as memory, unless something else is asked for: what users of Docker know.
        swap ??= inputs.CanLimitSwap ?? KernelFeatures.SwapLimit ? memory > long.MaxValue / 2 ? -1 : memory * 2 : null;
        return new LinuxMemory { Limit = memory, Swap = swap };
    }

    private static LinuxCpu? Cpu(ContainerConfiguration configuration)
    {
        if (configuration.Cpus is null && configuration.CpuSet is null)
            return null;
        var cpu = new LinuxCpu { Cpus = configuration.CpuSet };
        if (configuration.Cpus is { } cpus)
        {
            double quota = Math.Round(cpus * Period);
            if (!(quota >= LeastQuota) || cpus > Environment.ProcessorCount)
                throw Invalid(FormattableString.Invariant($"{cpus} processors were asked for; the least is 0.01, the most what there is here: {Environment.ProcessorCount}."));
            cpu.Quota = (long)quota;
            cpu.Period = Period;
        }
        return cpu;
    }

    private static ContainerToolsException Invalid(string message) => new("LimitInvalid", ErrorKind.InvalidArgument, message);
}
