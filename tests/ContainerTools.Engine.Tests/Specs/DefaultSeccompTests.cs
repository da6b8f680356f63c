using System.Diagnostics;
using System.Text.Json;
using ContainerTools.Engine.Specs;
using ContainerTools.Linux;
using ContainerTools.Linux.Seccomp;
using ContainerTools.Linux.Tests.Seccomp;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Tests.Specs;

public class DefaultSeccompTests
{
    private static readonly ulong s_default = Capabilities.Mask(DefaultCapabilities.Names);
    private static readonly ulong[] s_arguments = [0, 1, 8, 11, 12, 13, 16, 18, 19, 21, 23, 25, 33, 34, 38, 40, 45, 46, 0x20000, 0x20008, 0xFFFFFFFF, 0x7E020000, 0x10000000, 0x10000011, 0x1_0000_0000];

    [Fact]
    public void Peers_list_differs_only_where_Docker_decided_otherwise()
    {
        // podman's list, from the same origin. It lets unprivileged processes make namespaces and mounts, NUMA policies and keys; it names calls that no
        // supported architecture has; Docker's allows newer calls.
        SeccompProfile podman = SeccompProfiles.FromDocument(SeccompFile.Read(File.ReadAllBytes("/usr/share/containers/seccomp.json"), s_default));
        byte[] theirs = SeccompCompiler.Compile(podman).Program.ToArray(), ours = SeccompCompiler.Compile(DefaultSeccomp.Profile(s_default)).Program.ToArray();
        List<string> onlyTheirs = [], onlyOurs = [];
        foreach (string name in SyscallTable.Names())
        {
            if (!SyscallTable.TryGetNumber(name, SeccompArchitecture.X86_64, out int number))
                continue;
            bool they = SeccompAction.Allow.Value == BpfInterpreter.Run(theirs, 0xC000003E, (uint)number, []);
            bool we = SeccompAction.Allow.Value == BpfInterpreter.Run(ours, 0xC000003E, (uint)number, []);
            if (they != we)
                (they ? onlyTheirs : onlyOurs).Add(name);
        }
        Assert.Equal(
            ["clone3", "fsconfig", "fsmount", "fsopen", "fspick", "get_mempolicy", "keyctl", "mbind", "mount", "mount_setattr", "move_mount", "open_tree", "pidfd_getfd",
                "pivot_root", "reboot", "set_mempolicy", "setns", "syslog", "umount2", "unshare"], onlyTheirs);
        Assert.Equal(
            ["cachestat", "fchmodat2", "futex_requeue", "futex_wait", "futex_waitv", "futex_wake", "getxattrat", "io_pgetevents", "listmount", "listxattrat", "map_shadow_stack",
                "mseal", "removexattrat", "setxattrat", "statmount", "uretprobe", "vmsplice"], onlyOurs);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_document_for_other_runtimes_decides_the_same(bool all)
    {
        ulong bounding = all ? Capabilities.MaskOfKernel() : s_default;
        byte[] own = SeccompCompiler.Compile(DefaultSeccomp.Profile(bounding)).Program.ToArray();
        LinuxSeccomp document = DefaultSeccomp.Document(bounding);
        byte[] read = SeccompCompiler.Compile(SeccompProfiles.FromDocument(document)).Program.ToArray();
        byte[] library = LibSeccomp.Compile(
            SeccompAction.Errno(1), [SeccompArchitecture.X86_64, SeccompArchitecture.X86, SeccompArchitecture.X32],
            document.Syscalls!.Select(rule => (
                rule.Action == "SCMP_ACT_ALLOW" ? SeccompAction.Allow : SeccompAction.Errno((ushort)rule.ErrnoRet!.Value), rule.Names.ToArray(),
                (rule.Args ?? []).Select(argument => new SeccompCondition(
                    (int)argument.Index, argument.Op switch { "SCMP_CMP_EQ" => SeccompOperator.Equal, "SCMP_CMP_LE" => SeccompOperator.LessOrEqual, _ => SeccompOperator.MaskedEqual },
                    argument.Value, argument.ValueTwo)).ToArray())));
        foreach ((uint token, uint offset) in new[] { (0xC000003Eu, 0u), (0xC000003Eu, 0x40000000u), (0x40000003u, 0u) })
        {
            for (uint number = offset; number < offset + 600; number++)
            {
                SeccompArchitecture architecture = token == 0x40000003 ? SeccompArchitecture.X86 : offset == 0 ? SeccompArchitecture.X86_64 : SeccompArchitecture.X32;
                string? name = SyscallTable.NameOf((int)number, architecture);
                foreach (ulong argument in s_arguments)
                {
                    uint expected = BpfInterpreter.Run(own, token, number, [argument]);
                    Assert.Equal(expected, BpfInterpreter.Run(read, token, number, [argument]));
                    if (name is not null && LibSeccomp.NameOf(architecture, (int)number) == name)
                    {
                        uint theirs = BpfInterpreter.Run(library, token, number, [argument]);
                        Assert.True(expected == theirs, $"{architecture} {name}({argument:x}): {expected:x}, libseccomp {theirs:x}");
                    }
                }
            }
        }
    }

    [Fact]
    public void In_the_kernel_it_refuses_what_it_should()
    {
        FilteredThread.Run(SeccompCompiler.Compile(DefaultSeccomp.Profile(s_default)), () =>
        {
            Assert.Equal(0, FilteredThread.Errno(39));                             // getpid
            Assert.Equal(1, FilteredThread.Errno(165));                            // mount
            Assert.Equal(1, FilteredThread.Errno(272, 0x10000000));                // unshare(CLONE_NEWUSER)
            Assert.Equal(1, FilteredThread.Errno(56, 0x10000000 | 17));            // clone(CLONE_NEWUSER)
            Assert.Equal(38, FilteredThread.Errno(435));                           // clone3
            Assert.Equal(1, FilteredThread.Errno(321));                            // bpf
            Assert.Equal(1, FilteredThread.Errno(250));                            // keyctl
            Assert.Equal(1, FilteredThread.Errno(425));                            // io_uring_setup
            Assert.Equal(1, FilteredThread.Errno(41, 40, 1));                      // socket(AF_VSOCK)
            Assert.Equal(1, FilteredThread.Errno(41, 38, 5));                      // socket(AF_ALG)
            Assert.Equal(0, FilteredThread.Errno(135, 0xFFFFFFFF));                // personality: ask
            Assert.Equal(1, FilteredThread.Errno(135, 0x0040000));                 // ADDR_NO_RANDOMIZE
            Assert.Equal(38, FilteredThread.Errno(1000));                          // newer than the list
            Assert.Equal(14, FilteredThread.Errno(161, 0));                        // chroot(NULL): allowed, then EFAULT
        });
    }

    [Fact]
    public void Capabilities_open_what_they_are_for()
    {
        byte[] all = SeccompCompiler.Compile(DefaultSeccomp.Profile(Capabilities.MaskOfKernel())).Program.ToArray();
        byte[] none = SeccompCompiler.Compile(DefaultSeccomp.Profile(0)).Program.ToArray();
        foreach (string name in new[] { "mount", "clone3", "setns", "unshare", "bpf", "perf_event_open", "syslog", "reboot", "init_module", "acct", "kcmp", "iopl", "settimeofday", "vhangup", "mbind", "chroot", "open_by_handle_at" })
        {
            Assert.True(SyscallTable.TryGetNumber(name, SeccompArchitecture.X86_64, out int number));
            Assert.Equal(SeccompAction.Allow.Value, BpfInterpreter.Run(all, 0xC000003E, (uint)number, []));
            Assert.NotEqual(SeccompAction.Allow.Value, BpfInterpreter.Run(none, 0xC000003E, (uint)number, []));
        }
        Assert.Equal(SeccompAction.Allow.Value, BpfInterpreter.Run(all, 0xC000003E, 56, [0x10000000]));
    }

    [Fact]
    public void It_is_small_and_soon_ready()
    {
        SeccompFilter filter = SeccompCompiler.Compile(DefaultSeccomp.Profile(s_default));
        Assert.InRange(filter.Count, 100, 700);
        for (int i = 0; i < 100; i++)
            SeccompCompiler.Compile(DefaultSeccomp.Profile(s_default));
        double best = double.MaxValue;
        for (int i = 0; i < 50; i++)
        {
            long start = Stopwatch.GetTimestamp();
            SeccompCompiler.Compile(DefaultSeccomp.Profile(s_default));
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        Assert.True(best < 5, $"{best} ms");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":\"SCMP_ACT_ERRNO\"}]}")]
    public void What_is_no_profile_is_refused(string text) =>
        Assert.Throws<JsonException>(() => SeccompFile.Read(System.Text.Encoding.UTF8.GetBytes(text), 0));

    [Theory]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_FLY\"}")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"x86\"]}")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"name\":\"read\",\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":6,\"op\":\"SCMP_CMP_EQ\"}]}]}")]
    [InlineData("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"name\":\"read\",\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":1,\"op\":\"==\"}]}]}")]
    public void What_a_profile_cannot_say_is_named(string text)
    {
        var error = Assert.Throws<ContainerToolsException>(() => SeccompFile.Read(System.Text.Encoding.UTF8.GetBytes(text), 0));
        Assert.Equal("SeccompProfileInvalid", error.ErrorId);
    }

    [Fact]
    public void Rules_hang_on_capability_architecture_and_kernel()
    {
        LinuxSeccomp read = SeccompFile.Read("""
            {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]}],
             "syscalls":[
               {"names":["a"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},
               {"names":["b"],"action":"SCMP_ACT_ALLOW","excludes":{"caps":["CAP_SYS_ADMIN"]}},
               {"names":["c"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8"}},
               {"names":["d"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"99.1"}},
               {"names":["e"],"action":"SCMP_ACT_ALLOW","includes":{"arches":["s390"]}},
               {"names":["f"],"action":"SCMP_ACT_ALLOW","includes":{},"excludes":{},"args":null,"comment":"x"}]}
            """u8, s_default);
        Assert.Equal(["b", "c", "f"], read.Syscalls!.SelectMany(rule => rule.Names));
        Assert.Equal(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], read.Architectures);
        Assert.Equal(38u, read.DefaultErrnoRet);
    }
}
