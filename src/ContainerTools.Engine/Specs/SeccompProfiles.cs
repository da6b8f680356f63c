using ContainerTools.Linux;
using ContainerTools.Linux.Seccomp;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Specs;

/// <summary>Turns the filter of a config.json into the compiler's input.</summary>
public static class SeccompProfiles
{
    // Those of machines that containers of this one cannot run programs of (runtime-spec config-linux.md, "Seccomp").
    private static readonly string[] s_otherArchitectures =
    [
        "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64",
        "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64",
        "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB",
    ];

    /// <summary>The filter that a document asks for: the list under <c>linux.seccomp</c>, or the built-in one by annotation; null for none.</summary>
    /// <exception cref="ContainerToolsException">SeccompProfileInvalid: an action, operator, flag or architecture is not known.</exception>
    public static SeccompProfile? FromSpec(RuntimeSpec spec)
    {
        if (spec.Linux?.Seccomp is { } document)
            return FromDocument(document);
        if (spec.Annotations?.GetValueOrDefault(Annotations.Seccomp) is not "default")
            return null;
        return DefaultSeccomp.Profile(Capabilities.Mask(spec.Process?.Capabilities?.Bounding));
    }

    /// <summary>Reads the list itself.</summary>
    /// <exception cref="ContainerToolsException">SeccompProfileInvalid: an action, operator, flag or architecture is not known.</exception>
    public static SeccompProfile FromDocument(LinuxSeccomp document)
    {
        SeccompAction defaultAction = Action(document.DefaultAction, document.DefaultErrnoRet);
        var rules = new List<SeccompRule>(document.Syscalls?.Count ?? 0);
        foreach (LinuxSyscallRule rule in document.Syscalls ?? [])
        {
            SeccompCondition[] conditions = rule.Args is { Count: > 0 } ? new SeccompCondition[rule.Args.Count] : [];
            for (int i = 0; i < conditions.Length; i++)
            {
                LinuxSyscallArgument argument = rule.Args![i];
                if (argument.Index > 5)
                    throw Invalid($"The rule for {string.Join(", ", rule.Names)} names argument {argument.Index}; a system call has the arguments 0 to 5.");
                conditions[i] = new SeccompCondition((int)argument.Index, Operator(argument.Op), argument.Value, argument.ValueTwo);
            }
            SeccompAction action = Action(rule.Action, rule.ErrnoRet);
            // Where one argument has several conditions, all of the rule's are alternatives: old versions of libseccomp could not join them, and
            // runtimes keep to that meaning.
            if (conditions.DistinctBy(static condition => condition.Index).Count() < conditions.Length)
            {
                foreach (SeccompCondition condition in conditions)
                    rules.Add(SeccompRule.Create(action, rule.Names, condition));
            }
            else
                rules.Add(SeccompRule.Create(action, rule.Names, conditions));
        }
        return new SeccompProfile
        {
            DefaultAction = defaultAction,
            Rules = rules,
            Architectures = ReadArchitectures(document.Architectures),
            Flags = ReadFlags(document.Flags),
        };
    }

    private static SeccompAction Action(string name, uint? value)
    {
        ushort data = (ushort)Math.Min(value ?? 1, 0xFFFF);
        return name switch
        {
            "SCMP_ACT_ALLOW" => SeccompAction.Allow,
            "SCMP_ACT_ERRNO" => SeccompAction.Errno(data),
            "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => SeccompAction.KillThread,
            "SCMP_ACT_KILL_PROCESS" => SeccompAction.KillProcess,
            "SCMP_ACT_TRAP" => SeccompAction.Trap,
            "SCMP_ACT_TRACE" => SeccompAction.Trace(data),
            "SCMP_ACT_LOG" => SeccompAction.Log,
            "SCMP_ACT_NOTIFY" => SeccompAction.Notify,
            _ => throw Invalid($"There is no action '{name}'; known are SCMP_ACT_ALLOW, _ERRNO, _KILL, _KILL_THREAD, _KILL_PROCESS, _TRAP, _TRACE, _LOG and _NOTIFY."),
        };
    }

    private static SeccompOperator Operator(string name) => name switch
    {
        "SCMP_CMP_NE" => SeccompOperator.NotEqual,
        "SCMP_CMP_LT" => SeccompOperator.Less,
        "SCMP_CMP_LE" => SeccompOperator.LessOrEqual,
        "SCMP_CMP_EQ" => SeccompOperator.Equal,
        "SCMP_CMP_GE" => SeccompOperator.GreaterOrEqual,
        "SCMP_CMP_GT" => SeccompOperator.Greater,
        "SCMP_CMP_MASKED_EQ" => SeccompOperator.MaskedEqual,
        _ => throw Invalid($"There is no comparison '{name}'; known are SCMP_CMP_NE, _LT, _LE, _EQ, _GE, _GT and _MASKED_EQ."),
    };

    // The native one is always among them: without it the container's first call would kill it.
    private static List<SeccompArchitecture> ReadArchitectures(List<string>? names)
    {
        List<SeccompArchitecture> architectures = [SeccompProfile.Native];
        foreach (string name in names ?? [])
        {
            SeccompArchitecture? architecture = name switch
            {
                "SCMP_ARCH_X86_64" => SeccompArchitecture.X86_64,
                "SCMP_ARCH_X86" => SeccompArchitecture.X86,
                "SCMP_ARCH_X32" => SeccompArchitecture.X32,
                "SCMP_ARCH_AARCH64" => SeccompArchitecture.AArch64,
                "SCMP_ARCH_ARM" => SeccompArchitecture.Arm,
                _ when s_otherArchitectures.Contains(name) => null,
                _ => throw Invalid($"There is no architecture '{name}'; names are like SCMP_ARCH_X86_64."),
            };
            if (architecture is { } one && !architectures.Contains(one))
                architectures.Add(one);
        }
        return architectures;
    }

    private static uint ReadFlags(List<string>? names)
    {
        if (names is null)
            return SeccompFlags.SpecAllow;
        uint flags = 0;
        foreach (string name in names)
        {
            flags |= name switch
            {
                "SECCOMP_FILTER_FLAG_TSYNC" => SeccompFlags.Tsync,
                "SECCOMP_FILTER_FLAG_LOG" => SeccompFlags.Log,
                "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => SeccompFlags.SpecAllow,
                "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => SeccompFlags.WaitKillable,
                _ => throw Invalid($"There is no flag '{name}'; known are SECCOMP_FILTER_FLAG_TSYNC, _LOG, _SPEC_ALLOW and _WAIT_KILLABLE_RECV."),
            };
        }
        return flags;
    }

    private static ContainerToolsException Invalid(string message) => new("SeccompProfileInvalid", ErrorKind.InvalidData, $"The seccomp profile cannot be used. {message}");
}
