namespace ContainerTools.Linux.Seccomp;

/// <summary>What a filter answers: the kernel's return value of a program (seccomp(2), SECCOMP_RET_*).</summary>
/// <param name="Value">Action in the upper, data in the lower 16 bits.</param>
public readonly record struct SeccompAction(uint Value)
{
    /// <summary>The call is made.</summary>
    public static SeccompAction Allow => new(0x7FFF0000);

    /// <summary>The call is made and logged.</summary>
    public static SeccompAction Log => new(0x7FFC0000);

    /// <summary>A listener decides.</summary>
    public static SeccompAction Notify => new(0x7FC00000);

    /// <summary>The thread gets SIGSYS, which it can handle.</summary>
    public static SeccompAction Trap => new(0x00030000);

    /// <summary>The thread dies by SIGSYS.</summary>
    public static SeccompAction KillThread => new(0);

    /// <summary>The process dies by SIGSYS.</summary>
    public static SeccompAction KillProcess => new(0x80000000);

    /// <summary>The call fails with an errno.</summary>
    public static SeccompAction Errno(ushort errno) => new(0x00050000u | errno);

    /// <summary>The tracer is told, with a message; without one the call fails with ENOSYS.</summary>
    public static SeccompAction Trace(ushort message) => new(0x7FF00000u | message);

    /// <summary>Whether the call is made all the same.</summary>
    public bool LetsPass => (Value & 0xFFFF0000) is 0x7FFF0000 or 0x7FFC0000;
}
