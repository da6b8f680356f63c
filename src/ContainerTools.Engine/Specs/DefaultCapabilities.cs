using ContainerTools.Linux;

namespace ContainerTools.Engine.Specs;

/// <summary>The capabilities a container starts with, and how a caller's wishes change them.</summary>
public static class DefaultCapabilities
{
    /// <summary>Docker's default set.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP",
        "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    /// <summary>
    /// The set after additions and removals. <c>ALL</c> added means every one this kernel knows but those dropped; <c>ALL</c> dropped means
    /// only those added; what is both added and dropped by name is held.
    /// </summary>
    /// <param name="add">Names in any case, with or without <c>CAP_</c>, or <c>ALL</c>.</param>
    /// <param name="drop">Likewise.</param>
    /// <param name="privileged">Whether the set starts from all capabilities, whatever is dropped.</param>
    /// <returns>Names in the order of their numbers.</returns>
    /// <exception cref="ContainerToolsException">CapabilityUnknown, CapabilityNotSupported.</exception>
    public static IReadOnlyList<string> Resolve(IEnumerable<string> add, IEnumerable<string> drop, bool privileged)
    {
        (ulong added, bool addAll) = Parse(add);
        (ulong dropped, bool dropAll) = Parse(drop);
        ulong all = Capabilities.MaskOfKernel();
        if ((added & ~all) != 0)
        {
            string name = Capabilities.FromMask(added & ~all)[0];
            throw new ContainerToolsException(
                "CapabilityNotSupported", ErrorKind.NotSupported, $"Capability {name} was asked for, but this kernel knows none above {Capabilities.FromMask(1UL << Capabilities.LastOfKernel())[0]}.", name);
        }
        ulong result = privileged ? all
            : addAll ? all & ~dropped
            : dropAll ? added
            : Capabilities.Mask(Names) & ~dropped | added;
        return Capabilities.FromMask(result);
    }

    private static (ulong Mask, bool All) Parse(IEnumerable<string> names)
    {
        ulong mask = 0;
        bool all = false;
        foreach (string name in names)
        {
            if (name.Equals("ALL", StringComparison.OrdinalIgnoreCase))
                all = true;
            else if (Capabilities.TryParse(name, out int number))
                mask |= 1UL << number;
            else
            {
                throw new ContainerToolsException(
                    "CapabilityUnknown", ErrorKind.InvalidArgument, $"There is no capability '{name}'. Names are those of capabilities(7), such as NET_ADMIN, or ALL.", name);
            }
        }
        return (mask, all);
    }
}
