using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Seccomp;

/// <summary>What a filter shall do, before it is a program.</summary>
public sealed class SeccompProfile
{
    /// <summary>Answer to calls that no rule names.</summary>
    public SeccompAction DefaultAction { get; init; } = SeccompAction.Errno(1);

    /// <summary>The rules. Those whose action is the default one say nothing and are skipped.</summary>
    public IReadOnlyList<SeccompRule> Rules { get; init; } = [];

    /// <summary>Conventions that are let in; a call by any other kills the process.</summary>
    public IReadOnlyList<SeccompArchitecture> Architectures { get; init; } = WithCompatible(Native);

    /// <summary>
    /// Answer to numbers above every one that the rules name, when the default refuses: ENOSYS, so that a libc newer than the list falls back to
    /// what it used before instead of failing. Null: the default action.
    /// </summary>
    public SeccompAction? NewerAction { get; init; } = SeccompAction.Errno(38);

    /// <summary>Flags of seccomp(2), SECCOMP_FILTER_FLAG_*.</summary>
    public uint Flags { get; init; } = SeccompFlags.SpecAllow;

    /// <summary>The convention of this machine.</summary>
    public static SeccompArchitecture Native => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? SeccompArchitecture.AArch64 : SeccompArchitecture.X86_64;

    /// <summary>A native convention with the older ones that its kernels run beside it.</summary>
    public static IReadOnlyList<SeccompArchitecture> WithCompatible(SeccompArchitecture native) => native switch
    {
        SeccompArchitecture.X86_64 => [SeccompArchitecture.X86_64, SeccompArchitecture.X86, SeccompArchitecture.X32],
        SeccompArchitecture.AArch64 => [SeccompArchitecture.AArch64, SeccompArchitecture.Arm],
        _ => [native],
    };
}
