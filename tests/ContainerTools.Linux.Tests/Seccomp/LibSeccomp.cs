using System.Runtime.InteropServices;
using ContainerTools.Linux.Seccomp;

namespace ContainerTools.Linux.Tests.Seccomp;

/// <summary>The library that other runtimes build their filters with: the double of our compiler.</summary>
internal static partial class LibSeccomp
{
    private const string Library = "libseccomp.so.2";

    [StructLayout(LayoutKind.Sequential)]
    private struct Comparison
    {
        public uint Argument;
        public int Operator;
        public ulong Value, ValueTwo;
    }

    [LibraryImport(Library)]
    private static partial nint seccomp_init(uint action);

    [LibraryImport(Library)]
    private static partial void seccomp_release(nint context);

    [LibraryImport(Library)]
    private static partial int seccomp_arch_add(nint context, uint token);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int seccomp_syscall_resolve_name(string name);

    [LibraryImport(Library)]
    private static unsafe partial int seccomp_rule_add_array(nint context, uint action, int syscall, uint count, Comparison* comparisons);

    [LibraryImport(Library)]
    private static partial int seccomp_export_bpf(nint context, int fd);

    public static uint Token(SeccompArchitecture architecture) => architecture switch
    {
        SeccompArchitecture.X86_64 => 0xC000003E,
        SeccompArchitecture.X86 => 0x40000003,
        SeccompArchitecture.X32 => 0x4000003E,
        SeccompArchitecture.AArch64 => 0xC00000B7,
        _ => 0x40000028,
    };

    [LibraryImport(Library)]
    private static partial nint seccomp_syscall_resolve_num_arch(uint token, int number);

    public static string? NameOf(SeccompArchitecture architecture, int number)
    {
        nint text = seccomp_syscall_resolve_num_arch(Token(architecture), number);
        string? name = Marshal.PtrToStringUTF8(text);
        Marshal.FreeHGlobal(text);
        return name;
    }

    public static bool IsMultiplexed(string name) =>
        name is "socketcall" or "ipc" || name.StartsWith("sem", StringComparison.Ordinal) || name.StartsWith("msg", StringComparison.Ordinal)
        || name.StartsWith("shm", StringComparison.Ordinal) || name is "socket" or "bind" or "connect" or "listen" or "accept" or "accept4" or "getsockname"
            or "getpeername" or "socketpair" or "send" or "recv" or "sendto" or "recvfrom" or "shutdown" or "setsockopt" or "getsockopt" or "sendmsg" or "recvmsg"
            or "recvmmsg" or "sendmmsg";

    public static bool Knows(string name) => seccomp_syscall_resolve_name(name) != -1;

    public static unsafe byte[] Compile(
        SeccompAction defaultAction, IEnumerable<SeccompArchitecture> architectures, IEnumerable<(SeccompAction Action, string[] Names, SeccompCondition[] Conditions)> rules)
    {
        nint context = seccomp_init(defaultAction.Value);
        Assert.NotEqual(0, context);
        try
        {
            foreach (SeccompArchitecture architecture in architectures)
            {
                int added = seccomp_arch_add(context, Token(architecture));
                Assert.True(added is 0 or -17, $"arch_add: {added}");
            }
            foreach ((SeccompAction action, string[] names, SeccompCondition[] conditions) in rules)
            {
                if (action == defaultAction)
                    continue;
                Comparison[] comparisons = [.. conditions.Select(c => new Comparison { Argument = (uint)c.Index, Operator = (int)c.Operator + 1, Value = c.Value, ValueTwo = c.ValueTwo })];
                foreach (string name in names)
                {
                    int number = seccomp_syscall_resolve_name(name);
                    fixed (Comparison* first = comparisons)
                    {
                        int result = number == -1 ? 0 : seccomp_rule_add_array(context, action.Value, number, (uint)comparisons.Length, first);
                        Assert.True(result is 0, $"rule_add {name}: {result}");
                    }
                }
            }
            string path = Path.GetTempFileName();
            try
            {
                using (FileStream file = File.Open(path, FileMode.Create))
                    Assert.Equal(0, seccomp_export_bpf(context, (int)file.SafeFileHandle.DangerousGetHandle()));
                return File.ReadAllBytes(path);
            }
            finally
            {
                File.Delete(path);
            }
        }
        finally
        {
            seccomp_release(context);
        }
    }
}
