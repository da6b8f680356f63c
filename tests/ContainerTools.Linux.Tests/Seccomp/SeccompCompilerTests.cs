using ContainerTools.Linux.Seccomp;

namespace ContainerTools.Linux.Tests.Seccomp;

public class SeccompCompilerTests
{
    private const uint X86_64 = 0xC000003E, X86 = 0x40000003;
    private static readonly SeccompAction s_refuse = SeccompAction.Errno(1);
    private static readonly ulong[] s_samples = [0, 1, 2, 7, 8, 9, 16, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x1_0000_0000, 0x1_0000_0008, 0xFFFFFFFF_00000008, ulong.MaxValue];

    [Fact]
    public void Every_comparison_is_made_on_64_bits()
    {
        foreach (SeccompOperator comparison in Enum.GetValues<SeccompOperator>())
        {
            foreach (ulong value in s_samples)
            {
                foreach (ulong two in comparison == SeccompOperator.MaskedEqual ? s_samples : [0])
                {
                    byte[] program = Compile(s_refuse, [(SeccompAction.Allow, ["personality"], [new(3, comparison, value, two)])]);
                    foreach (ulong argument in s_samples)
                    {
                        bool holds = comparison switch
                        {
                            SeccompOperator.NotEqual => argument != value,
                            SeccompOperator.Less => argument < value,
                            SeccompOperator.LessOrEqual => argument <= value,
                            SeccompOperator.Equal => argument == value,
                            SeccompOperator.GreaterOrEqual => argument >= value,
                            SeccompOperator.Greater => argument > value,
                            _ => (argument & value) == (two & value),
                        };
                        uint answer = BpfInterpreter.Run(program, X86_64, 135, [0, 0, 0, argument, 0, 0]);
                        Assert.True(answer == (holds ? SeccompAction.Allow : s_refuse).Value, $"{argument:x} {comparison} {value:x} {two:x}: {answer:x}");
                    }
                }
            }
        }
    }

    [Fact]
    public void Random_profiles_decide_as_libseccomp_does()
    {
        var random = new Random(20240607);
        string[] names = [.. SyscallTable.Names().Where(LibSeccomp.Knows)];
        SeccompAction[] actions = [SeccompAction.Allow, SeccompAction.Errno(2), SeccompAction.Errno(38), SeccompAction.Log, SeccompAction.Trap, SeccompAction.Trace(7), SeccompAction.KillThread, SeccompAction.KillProcess];
        for (int round = 0; round < 40; round++)
        {
            SeccompAction defaultAction = actions[random.Next(actions.Length)];
            // One rule a call: of several that overlap, libseccomp's tree takes whichever its sorting puts first. And not too many, since 2.5 loses rules in long programs.
            string[] shuffled = [.. names.OrderBy(_ => random.Next()).Take(random.Next(20, 80))];
            var rules = new List<(SeccompAction, string[], SeccompCondition[])>();
            for (int at = 0; at < shuffled.Length;)
            {
                int take = Math.Min(random.Next(1, 20), shuffled.Length - at);
                SeccompCondition[] conditions = [.. Enumerable.Range(0, 6).Where(_ => random.Next(8) == 0).Select(i => new SeccompCondition(
                    i, (SeccompOperator)random.Next(7), s_samples[random.Next(s_samples.Length)], s_samples[random.Next(s_samples.Length)]))];
                if (random.Next(4) > 0)
                    rules.Add((actions[random.Next(actions.Length)], shuffled[at..(at + take)], conditions));
                at += take;
            }
            SeccompArchitecture[] architectures = round % 2 == 0
                ? [SeccompArchitecture.X86_64, SeccompArchitecture.X86, SeccompArchitecture.X32]
                : [SeccompArchitecture.X86_64, SeccompArchitecture.AArch64, SeccompArchitecture.Arm];
            AssertSame(LibSeccomp.Compile(defaultAction, architectures, rules), Compile(defaultAction, rules, architectures), architectures, random, rules);
        }
    }

    [Fact]
    public void Alternatives_for_one_call_are_tried_in_turn()
    {
        (SeccompAction, string[], SeccompCondition[])[] rules =
        [
            (SeccompAction.Errno(22), ["socket"], [new(0, SeccompOperator.Equal, 16), new(2, SeccompOperator.Equal, 9)]),
            (SeccompAction.Allow, ["socket"], [new(2, SeccompOperator.NotEqual, 9)]),
            (SeccompAction.Allow, ["socket"], [new(0, SeccompOperator.NotEqual, 16)]),
        ];
        byte[] ours = Compile(SeccompAction.Errno(38), rules);
        byte[] theirs = LibSeccomp.Compile(SeccompAction.Errno(38), [SeccompArchitecture.X86_64], rules);
        foreach (ulong family in s_samples)
        {
            foreach (ulong protocol in s_samples)
            {
                ulong[] arguments = [family, 1, protocol, 0, 0, 0];
                Assert.Equal(BpfInterpreter.Run(theirs, X86_64, 41, arguments), BpfInterpreter.Run(ours, X86_64, 41, arguments));
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_rule_without_conditions_beats_those_with(bool first)
    {
        (SeccompAction, string[], SeccompCondition[]) plain = (SeccompAction.Allow, ["clone"], []);
        (SeccompAction, string[], SeccompCondition[]) conditional = (SeccompAction.Errno(5), ["clone"], [new(0, SeccompOperator.Equal, 1)]);
        (SeccompAction, string[], SeccompCondition[])[] rules = first ? [plain, conditional] : [conditional, plain];
        byte[] theirs = LibSeccomp.Compile(s_refuse, [SeccompArchitecture.X86_64], rules);
        Assert.Equal(SeccompAction.Allow.Value, BpfInterpreter.Run(theirs, X86_64, 56, [1, 0, 0, 0, 0, 0]));
        Assert.Equal(SeccompAction.Allow.Value, BpfInterpreter.Run(Compile(s_refuse, rules), X86_64, 56, [1, 0, 0, 0, 0, 0]));
    }

    [Fact]
    public void Sockets_cannot_be_had_through_the_multiplexer_of_32_bit_x86()
    {
        (SeccompAction, string[], SeccompCondition[])[] rules = [(s_refuse, ["socket", "shmget"], [])];
        SeccompArchitecture[] both = [SeccompArchitecture.X86_64, SeccompArchitecture.X86];
        byte[] ours = Compile(SeccompAction.Allow, rules, both), theirs = LibSeccomp.Compile(SeccompAction.Allow, both, rules);
        foreach (uint call in (uint[])[102, 117, 359, 395])
        {
            for (ulong operation = 0; operation < 30; operation++)
                Assert.Equal(BpfInterpreter.Run(theirs, X86, call, [operation]), BpfInterpreter.Run(ours, X86, call, [operation]));
        }
        Assert.Equal(s_refuse.Value, BpfInterpreter.Run(ours, X86, 102, [1]));
        Assert.Equal(s_refuse.Value, BpfInterpreter.Run(ours, X86, 117, [23]));
    }

    [Fact]
    public void Numbers_above_the_list_are_unknown_not_forbidden()
    {
        byte[] program = SeccompCompiler.Compile(new SeccompProfile
        {
            DefaultAction = s_refuse,
            Rules = [SeccompRule.Create(SeccompAction.Allow, ["read", "openat2", "no_such_call"])],
        }).Program.ToArray();
        Assert.Equal(SeccompAction.Errno(1).Value, BpfInterpreter.Run(program, X86_64, 436, []));
        Assert.Equal(SeccompAction.Allow.Value, BpfInterpreter.Run(program, X86_64, 437, []));
        Assert.Equal(SeccompAction.Errno(38).Value, BpfInterpreter.Run(program, X86_64, 438, []));
        Assert.Equal(SeccompAction.Errno(38).Value, BpfInterpreter.Run(program, X86, 438, []));
        Assert.Equal(SeccompAction.Errno(38).Value, BpfInterpreter.Run(program, X86_64, 0x400001B6, []));
    }

    [Fact]
    public void Other_architectures_die()
    {
        byte[] program = Compile(SeccompAction.Allow, [], SeccompArchitecture.X86_64);
        Assert.Equal(SeccompAction.Allow.Value, BpfInterpreter.Run(program, X86_64, 1, []));
        Assert.Equal(SeccompAction.KillProcess.Value, BpfInterpreter.Run(program, X86, 1, []));
        Assert.Equal(SeccompAction.KillProcess.Value, BpfInterpreter.Run(program, X86_64, 0x40000001, []));
        Assert.Equal(SeccompAction.KillProcess.Value, BpfInterpreter.Run(program, 0xC00000B7, 1, []));
    }

    [Fact]
    public void The_same_profile_gives_the_same_program()
    {
        static byte[] Once() => Compile(s_refuse, [(SeccompAction.Allow, [.. SyscallTable.Names()], [])]);
        Assert.Equal(Once(), Once());
    }

    [Fact]
    public void Too_large_a_profile_says_so()
    {
        SeccompRule[] rules = [.. Enumerable.Range(0, 2000).Select(i => SeccompRule.Create(SeccompAction.Errno((ushort)i), ["read"], new SeccompCondition(0, SeccompOperator.Equal, (ulong)i)))];
        var error = Assert.Throws<InvalidOperationException>(() => SeccompCompiler.Compile(new SeccompProfile { Rules = rules, DefaultAction = SeccompAction.Allow }));
        Assert.Contains("4096", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_numbers_are_the_systems_own()
    {
        foreach (SeccompArchitecture architecture in Enum.GetValues<SeccompArchitecture>())
        {
            foreach (string name in SyscallTable.Names())
            {
                if (!SyscallTable.TryGetNumber(name, architecture, out int number))
                    continue;
                string? back = LibSeccomp.NameOf(architecture, number);
                Assert.True(back is null || back == name, $"{architecture} {number}: {name}, libseccomp says {back}");
            }
        }
    }

    private static byte[] Compile(SeccompAction defaultAction, IEnumerable<(SeccompAction Action, string[] Names, SeccompCondition[] Conditions)> rules, params SeccompArchitecture[] architectures) =>
        SeccompCompiler.Compile(new SeccompProfile
        {
            DefaultAction = defaultAction,
            Architectures = architectures is [] ? [SeccompArchitecture.X86_64] : architectures,
            Rules = [.. rules.Select(rule => SeccompRule.Create(rule.Action, rule.Names, rule.Conditions))],
            NewerAction = null,
        }).Program.ToArray();

    private static void AssertSame(byte[] theirs, byte[] ours, SeccompArchitecture[] architectures, Random random, List<(SeccompAction Action, string[] Names, SeccompCondition[] Conditions)> rules)
    {
        var arguments = new ulong[6];
        foreach (SeccompArchitecture architecture in architectures)
        {
            uint token = architecture == SeccompArchitecture.X32 ? X86_64 : LibSeccomp.Token(architecture);
            for (uint number = 0; number < 600; number++)
            {
                // A call libseccomp does not know has no rule there; the multiplexers' rules follow from other calls and are compared elsewhere.
                uint actual = architecture == SeccompArchitecture.X32 ? number | 0x40000000 : number;
                string? name = SyscallTable.NameOf((int)actual, architecture);
                if (name is null || LibSeccomp.NameOf(architecture, (int)actual) is null || !LibSeccomp.Knows(name) || (architecture == SeccompArchitecture.X86 && LibSeccomp.IsMultiplexed(name)))
                    continue;
                for (int i = 0; i < 12; i++)
                {
                    for (int k = 0; k < 6; k++)
                        arguments[k] = s_samples[random.Next(s_samples.Length)];
                    uint expected = BpfInterpreter.Run(theirs, token, actual, arguments), found = BpfInterpreter.Run(ours, token, actual, arguments);
                    Assert.True(expected == found, $"{architecture} {name} ({string.Join(' ', arguments.Select(a => a.ToString("x", null)))}): {found:x}, libseccomp {expected:x}; rule {rules.Where(r => r.Names.Contains(name)).Select(r => $"{r.Action} {string.Join(' ', r.Conditions)}").FirstOrDefault()}");
                }
            }
        }
    }
}
