namespace ContainerTools.Linux.Seccomp;

/// <summary>System call conventions that a filter can tell apart (seccomp(2), AUDIT_ARCH_*).</summary>
public enum SeccompArchitecture
{
    /// <summary>64-bit x86.</summary>
    X86_64,

    /// <summary>32-bit x86, also its compatibility calls on a 64-bit kernel.</summary>
    X86,

    /// <summary>The x32 ABI: x86-64's convention, numbers with bit 30 set.</summary>
    X32,

    /// <summary>64-bit ARM.</summary>
    AArch64,

    /// <summary>32-bit ARM (EABI), also its compatibility calls on a 64-bit kernel.</summary>
    Arm,
}
