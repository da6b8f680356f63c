namespace ContainerTools.Oci.Runtime;

/// <summary>One rule of the system call filter.</summary>
public sealed class LinuxSyscallRule
{
    /// <summary>System calls by name; unknown ones are ignored.</summary>
    public List<string> Names { get; set; } = [];

    /// <summary>Action, as <c>SCMP_ACT_ALLOW</c>.</summary>
    public string Action { get; set; } = "";

    /// <summary>Errno for SCMP_ACT_ERRNO, message for SCMP_ACT_TRACE; EPERM when absent.</summary>
    public uint? ErrnoRet { get; set; }

    /// <summary>Conditions on arguments; all must hold.</summary>
    public List<LinuxSyscallArgument>? Args { get; set; }
}
