using System.Globalization;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Linux;

/// <summary>Capabilities by name and by number (capabilities(7)).</summary>
public static class Capabilities
{
    // Ordered by number, from 0.
    private static readonly string[] AllNames =
        ["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE",
        "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN",
        "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE",
        "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"];

    /// <summary>Every capability this code knows, for example <c>CAP_CHOWN</c>, by ascending number.</summary>
    public static IReadOnlyList<string> Names => s_names ??= [.. AllNames.Select(name => "CAP_" + name)];

    private static string[]? s_names;

    /// <summary>Reads a capability as people write it: <c>CAP_NET_ADMIN</c>, <c>net_admin</c>.</summary>
    /// <param name="text">The capability.</param>
    /// <param name="number">Its number.</param>
    /// <returns>Whether it is a capability.</returns>
    public static bool TryParse(string text, out int number)
    {
        var name = text.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(4) : text;
        for (number = 0; number < AllNames.Length; number++)
        {
            if (name.Equals(AllNames[number], StringComparison.OrdinalIgnoreCase))
                return true;
        }
        number = -1;
        return false;
    }

    /// <summary>A set of capabilities as the kernel's bit mask. Names that are no capability are left out.</summary>
    /// <param name="names">Names, or null for none.</param>
    public static ulong Mask(IEnumerable<string>? names)
    {
        ulong mask = 0;
        foreach (var name in names ?? [])
        {
            if (TryParse(name, out var number))
                mask |= 1UL << number;
        }
        return mask;
    }

    /// <summary>The highest capability that the running kernel has, at most 63.</summary>
    public static int LastOfKernel()
    {
        // Asked for one by one (prctl(2) PR_CAPBSET_READ), from the one that is likely: that needs no procfs, and is quicker than a file.
        var last = AllNames.Length - 1;
        while (last < 63 && IsKnown(last + 1))
            last++;
        while (last > 0 && !IsKnown(last))
            last--;
        return last;

        static bool IsKnown(int capability)
        {
            const int ReadBounding = 23;
            return NativeMethods.Syscall(SystemCalls.Prctl, ReadBounding, capability) >= 0;
        }
    }

    /// <summary>The bit mask of all capabilities that the running kernel has.</summary>
    public static ulong MaskOfKernel() => LastOfKernel() is var last and < 63 ? (1UL << (last + 1)) - 1 : ulong.MaxValue;

    /// <summary>The names in a bit mask, by ascending number; <c>CAP_42</c> for one that this code does not know.</summary>
    /// <param name="mask">The kernel's bit mask.</param>
    public static IReadOnlyList<string> FromMask(ulong mask)
    {
        var names = new List<string>();
        for (var number = 0; number < 64; number++)
        {
            if ((mask >> number & 1) != 0)
                names.Add(number < AllNames.Length ? Names[number] : string.Create(CultureInfo.InvariantCulture, $"CAP_{number}"));
        }
        return names;
    }
}
