using ContainerTools.Linux;
using ContainerTools.Linux.Seccomp;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Specs;

/// <summary>
/// The built-in filter: what Docker's default list allows, refuses and makes conditional, on x86-64 and arm64. Refused calls fail with EPERM, those
/// newer than the list with ENOSYS.
/// </summary>
public static partial class DefaultSeccomp
{
    private const int SysAdmin = 21;
    private const ushort Eperm = 1, Enosys = 38;

    // CLONE_NEW* without CLONE_NEWTIME, which is a bit of the exit signal in clone(2): no new namespaces for those who could not use them anyway,
    // as they open more of the kernel to attack.
    private const ulong NamespaceFlags = 0x7E020000;

    /// <summary>The filter for a process with a bounding set.</summary>
    /// <param name="bounding">Bit mask of capabilities.</param>
    public static SeccompProfile Profile(ulong bounding)
    {
        bool x86 = SeccompProfile.Native == SeccompArchitecture.X86_64;
        var rules = new List<SeccompRule>(40)
        {
            SeccompRule.Create(SeccompAction.Allow, Always),
            SeccompRule.Create(SeccompAction.Allow, x86 ? OnX86 : OnArm),
        };
        for (int capability = 0; capability < Capabilities.Names.Count; capability++)
        {
            if ((bounding >> capability & 1) != 0 && !With(capability).IsEmpty)
                rules.Add(SeccompRule.Create(SeccompAction.Allow, With(capability)));
        }
        if ((bounding >> SysAdmin & 1) == 0)
        {
            rules.Add(SeccompRule.Create(SeccompAction.Allow, "clone"u8, new SeccompCondition(0, SeccompOperator.MaskedEqual, NamespaceFlags)));
            // Its flags lie behind a pointer; told that it does not exist, a libc takes clone.
            rules.Add(SeccompRule.Create(SeccompAction.Errno(Enosys), "clone3"u8));
        }
        foreach (ulong persona in Personas)
            rules.Add(SeccompRule.Create(SeccompAction.Allow, "personality"u8, new SeccompCondition(0, SeccompOperator.Equal, persona)));
        foreach ((ulong first, ulong last) in SocketFamilies)
            rules.Add(SeccompRule.Create(SeccompAction.Allow, "socket"u8, Between(first, last)));
        return new SeccompProfile { DefaultAction = SeccompAction.Errno(Eperm), Rules = rules };
    }

    /// <summary>The same as part of config.json, for a runtime that does not have the list.</summary>
    /// <param name="bounding">Bit mask of capabilities.</param>
    public static LinuxSeccomp Document(ulong bounding)
    {
        bool x86 = SeccompProfile.Native == SeccompArchitecture.X86_64;
        List<LinuxSyscallRule> rules = [Rule(SeccompRule.Names(Always)), Rule(SeccompRule.Names(x86 ? OnX86 : OnArm))];
        for (int capability = 0; capability < Capabilities.Names.Count; capability++)
        {
            if ((bounding >> capability & 1) != 0 && !With(capability).IsEmpty)
                rules.Add(Rule(SeccompRule.Names(With(capability))));
        }
        if ((bounding >> SysAdmin & 1) == 0)
        {
            rules.Add(Rule(["clone"], new LinuxSyscallArgument { Index = 0, Op = "SCMP_CMP_MASKED_EQ", Value = NamespaceFlags }));
            rules.Add(new LinuxSyscallRule { Names = ["clone3"], Action = "SCMP_ACT_ERRNO", ErrnoRet = Enosys });
        }
        foreach (ulong persona in Personas)
            rules.Add(Rule(["personality"], new LinuxSyscallArgument { Index = 0, Op = "SCMP_CMP_EQ", Value = persona }));
        foreach ((ulong first, ulong last) in SocketFamilies)
        {
            // One argument compared twice is what libseccomp refuses, hence a rule for each family.
            if (first == 0)
                rules.Add(Rule(["socket"], new LinuxSyscallArgument { Index = 0, Op = "SCMP_CMP_LE", Value = last }));
            for (ulong family = Math.Max(first, 1); first != 0 && family <= last; family++)
                rules.Add(Rule(["socket"], new LinuxSyscallArgument { Index = 0, Op = "SCMP_CMP_EQ", Value = family }));
        }
        return new LinuxSeccomp
        {
            DefaultAction = "SCMP_ACT_ERRNO",
            DefaultErrnoRet = Eperm,
            Architectures = x86 ? ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"] : ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
            Syscalls = rules,
        };
    }

    // linux/personality.h: PER_LINUX, PER_LINUX32, both with UNAME26, and the question which one it is.
    private static ReadOnlySpan<ulong> Personas => [0, 8, 0x20000, 0x20008, 0xFFFFFFFF];

    // linux/socket.h, ranges that leave out DECnet, Econet, ATM, IrDA, WANPIPE, IUCV, CAIF, ALG, VSOCK: little used, large, or reaching beyond namespaces.
    private static (ulong First, ulong Last)[] SocketFamilies => [(0, 11), (13, 18), (21, 22), (24, 24), (26, 33), (35, 36), (39, 39), (41, 45)];

    private static SeccompCondition[] Between(ulong first, ulong last)
    {
        if (first == last)
            return [new SeccompCondition(0, SeccompOperator.Equal, first)];
        var atMost = new SeccompCondition(0, SeccompOperator.LessOrEqual, last);
        return first == 0 ? [atMost] : [new SeccompCondition(0, SeccompOperator.GreaterOrEqual, first), atMost];
    }

    private static LinuxSyscallRule Rule(IReadOnlyList<string> names, params LinuxSyscallArgument[] arguments) =>
        new() { Names = [.. names], Action = "SCMP_ACT_ALLOW", Args = arguments is [] ? null : [.. arguments] };
}
