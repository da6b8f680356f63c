namespace ContainerTools.Oci.Runtime;

/// <summary>A condition on an argument of a system call.</summary>
public sealed class LinuxSyscallArgument
{
    /// <summary>Which argument, 0 to 5.</summary>
    public uint Index { get; set; }

    /// <summary>Value compared with, or the mask of SCMP_CMP_MASKED_EQ.</summary>
    public ulong Value { get; set; }

    /// <summary>Value compared with under SCMP_CMP_MASKED_EQ.</summary>
    public ulong ValueTwo { get; set; }

    /// <summary><c>SCMP_CMP_NE</c>, <c>_LT</c>, <c>_LE</c>, <c>_EQ</c>, <c>_GE</c>, <c>_GT</c> or <c>_MASKED_EQ</c>.</summary>
    public string Op { get; set; } = "";
}
