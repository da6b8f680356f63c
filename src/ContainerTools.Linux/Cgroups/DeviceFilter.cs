using System.Buffers.Binary;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Cgroups;

/// <summary>
/// Device rules in version 2: an eBPF program of type BPF_PROG_TYPE_CGROUP_DEVICE (bpf(2)) that is asked at every open and mknod.
/// </summary>
internal static unsafe class DeviceFilter
{
    private const int ProgramLoad = 5, ProgramAttach = 8;      // bpf(2) commands
    private const uint CgroupDeviceProgram = 15, CgroupDevice = 6;
    private const uint AllowMultiple = 2;                      // BPF_F_ALLOW_MULTI: where systemd has attached one too, both decide
    private const int Block = 1, Character = 2;                // BPF_DEVCG_DEV_*
    private const int Mknod = 1, Read = 2, Write = 4;          // BPF_DEVCG_ACC_*

    // Opcodes: load 32 bits, 64-bit register and immediate operations, jumps against an immediate, return.
    private const byte Load = 0x61, Move = 0xbf, MoveImmediate = 0xb7, And = 0x57, ShiftRight = 0x77, JumpEqual = 0x15, JumpNotEqual = 0x55, Exit = 0x95;

    /// <summary>Loads the rules' program and attaches it to a group. It lives as long as the group.</summary>
    public static void Attach(string directory, IReadOnlyList<CgroupDeviceRule> rules)
    {
        var program = Compile(rules);
        fixed (byte* instructions = program)
        fixed (byte* license = "MIT\0"u8)
        {
            var load = stackalloc ulong[16];
            new Span<ulong>(load, 16).Clear();
            load[0] = CgroupDeviceProgram | ((ulong)(program.Length / 8) << 32);
            load[1] = (ulong)instructions;
            load[2] = (ulong)license;
            using var loaded = new SafeFileHandle((nint)Check(NativeMethods.Syscall(SystemCalls.Bpf, ProgramLoad, (long)load, 128), "bpf(BPF_PROG_LOAD)"), true);
            // The directory itself is what a program is attached to.
            using var target = new SafeFileHandle(NativeMethods.Open(directory, 0x80000, 0), true);
            if (target.IsInvalid)
                throw LinuxException.Last("open", directory);
            var attach = stackalloc uint[] { (uint)target.DangerousGetHandle(), (uint)loaded.DangerousGetHandle(), CgroupDevice, AllowMultiple };
            _ = Check(NativeMethods.Syscall(SystemCalls.Bpf, ProgramAttach, (long)attach, 16), "bpf(BPF_PROG_ATTACH)");
        }
    }

    /// <summary>
    /// The rules from the last to the first, since a later one overrides: the first that covers the request decides. An allowing rule covers a request
    /// when it has all of its accesses, a denying one when it has any. What no rule covers is allowed, as in a new version 1 group.
    /// </summary>
    internal static byte[] Compile(IReadOnlyList<CgroupDeviceRule> rules)
    {
        var code = new List<ulong>
        {
            // r2 = access and type, r4 = major, r5 = minor; then r3 = type, r2 = access
            Instruction(Load, 2, 1, 0, 0), Instruction(Load, 4, 1, 4, 0), Instruction(Load, 5, 1, 8, 0),
            Instruction(Move, 3, 2, 0, 0), Instruction(And, 3, 0, 0, 0xffff), Instruction(ShiftRight, 2, 0, 0, 16),
        };
        foreach (var rule in rules.Reverse())
        {
            var tests = new List<ulong>();
            if (rule.Type != 'a')
                tests.Add(Instruction(JumpNotEqual, 3, 0, 0, rule.Type == 'b' ? Block : Character));
            if (rule.Major >= 0)
                tests.Add(Instruction(JumpNotEqual, 4, 0, 0, (int)rule.Major));
            if (rule.Minor >= 0)
                tests.Add(Instruction(JumpNotEqual, 5, 0, 0, (int)rule.Minor));
            var access = (rule.Access.Contains('m', StringComparison.Ordinal) ? Mknod : 0) | (rule.Access.Contains('r', StringComparison.Ordinal) ? Read : 0)
                | (rule.Access.Contains('w', StringComparison.Ordinal) ? Write : 0);
            if (access != (Mknod | Read | Write))
            {
                tests.Add(Instruction(Move, 1, 2, 0, 0));
                tests.Add(Instruction(And, 1, 0, 0, rule.Allow ? ~access : access));
                tests.Add(Instruction(rule.Allow ? JumpNotEqual : JumpEqual, 1, 0, 0, 0));
            }
            for (var i = 0; i < tests.Count; i++)
            {
                // A failed test skips the rest of the tests and the two instructions of the verdict.
                var opcode = (byte)tests[i];
                code.Add(opcode is JumpEqual or JumpNotEqual ? tests[i] | ((ulong)(ushort)(tests.Count - i + 1) << 16) : tests[i]);
            }
            code.Add(Instruction(MoveImmediate, 0, 0, 0, rule.Allow ? 1 : 0));
            code.Add(Instruction(Exit, 0, 0, 0, 0));
            // The verifier refuses code that cannot be reached.
            if (tests.Count == 0)
                return Bytes(code);
        }
        code.Add(Instruction(MoveImmediate, 0, 0, 0, 1));
        code.Add(Instruction(Exit, 0, 0, 0, 0));
        return Bytes(code);
    }

    private static byte[] Bytes(List<ulong> code)
    {
        var bytes = new byte[code.Count * 8];
        for (var i = 0; i < code.Count; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), code[i]);
        return bytes;
    }

    private static ulong Instruction(byte opcode, int target, int source, short offset, int immediate) =>
        opcode | ((ulong)(uint)(target | (source << 4)) << 8) | ((ulong)(ushort)offset << 16) | ((ulong)(uint)immediate << 32);

    private static long Check(long result, string operation) => result >= 0 ? result
        : throw new CgroupException("devices", $"The device rules cannot be set ({operation}: {LinuxException.Describe(System.Runtime.InteropServices.Marshal.GetLastPInvokeError())}).");
}
