namespace ContainerTools.Oci.Runtime;

/// <summary>System call filter (runtime-spec config-linux.md, "Seccomp").</summary>
public sealed class LinuxSeccomp
{
    /// <summary>Action for calls that no rule names, as <c>SCMP_ACT_ERRNO</c>.</summary>
    public string DefaultAction { get; set; } = "";

    /// <summary>Errno of the default action; EPERM when absent.</summary>
    public uint? DefaultErrnoRet { get; set; }

    /// <summary>Architectures beside the native one, as <c>SCMP_ARCH_X86</c>.</summary>
    public List<string>? Architectures { get; set; }

    /// <summary>Flags of seccomp(2), as <c>SECCOMP_FILTER_FLAG_LOG</c>.</summary>
    public List<string>? Flags { get; set; }

    /// <summary>Unix socket that receives the notify descriptor.</summary>
    public string? ListenerPath { get; set; }

    /// <summary>Passed on to the listener.</summary>
    public string? ListenerMetadata { get; set; }

    /// <summary>Rules.</summary>
    public List<LinuxSyscallRule>? Syscalls { get; set; }
}
