using System.Numerics;
using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Processes;

/// <summary>
/// Sends signals that this process gets on to another one, from the handler itself: pidfd_send_signal(2) is all that it does. .NET's own way needs a thread, which costs a short-lived program half a
/// millisecond. Those that come before the other process is there go to it then.
/// </summary>
/// <remarks>
/// The handler may run in any thread, also in the middle of managed code or a collection, so it is no managed code. It lies in a page of memory, and what it works with in another, 64 KiB behind it (the largest page
/// size of either architecture): the descriptor, and at 8 a bit for each signal that has come. The listings are what an assembler makes of the instructions beside them.
/// </remarks>
public sealed unsafe class SignalForwarding : IDisposable
{
    private const int DataOffset = 0x10000, PendingOffset = 8, RestorerOffset = 0x24, SetSize = 8;

    private static ReadOnlySpan<byte> X64 =>
    [
        0x89, 0xf8,                                             //  0: mov eax,edi: the signal
        0xf0, 0x48, 0x0f, 0xab, 0x05, 0xfd, 0xff, 0x00, 0x00,   //  2: lock bts QWORD PTR [rip+0xfffd],rax
        0x89, 0xfe,                                             //  b: mov esi,edi
        0x8b, 0x3d, 0xed, 0xff, 0x00, 0x00,                     //  d: mov edi,DWORD PTR [rip+0xffed]
        0x85, 0xff,                                             // 13: test edi,edi
        0x78, 0x0c,                                             // 15: js 23
        0x31, 0xd2,                                             // 17: xor edx,edx
        0x45, 0x31, 0xd2,                                       // 19: xor r10d,r10d
        0xb8, 0xa8, 0x01, 0x00, 0x00,                           // 1c: mov eax,424
        0x0f, 0x05,                                             // 21: syscall
        0xc3,                                                   // 23: ret
        // restorer
        0xb8, 0x0f, 0x00, 0x00, 0x00,                           // 24: mov eax,15: rt_sigreturn(2)
        0x0f, 0x05,                                             // 29: syscall
    ];

    private static ReadOnlySpan<uint> Arm64 =>
    [
        0x10080002,     //  0: adr x2, #65536
        0x91002043,     //  4: add x3, x2, #8
        0xd2800024,     //  8: mov x4, #1
        0x9ac02084,     //  c: lsl x4, x4, x0: the signal
        0xc85ffc65,     // 10: ldaxr x5, [x3]
        0xaa0400a5,     // 14: orr x5, x5, x4
        0xc806fc65,     // 18: stlxr w6, x5, [x3]
        0x35ffffa6,     // 1c: cbnz w6, 10
        0xd5033bbf,     // 20: dmb ish
        0x2a0003e1,     // 24: mov w1, w0
        0xb9400040,     // 28: ldr w0, [x2]
        0x37f800a0,     // 2c: tbnz w0, #31, 40
        0xd2800002,     // 30: mov x2, #0
        0xd2800003,     // 34: mov x3, #0
        0xd2803508,     // 38: mov x8, #424
        0xd4000001,     // 3c: svc #0
        0xd65f03c0,     // 40: ret
    ];

    private readonly nint _code = MachineCode.Map(MachineCode.IsX64 ? X64 : MemoryMarshal.AsBytes(Arm64), DataOffset, DataOffset);
    private readonly List<(int Signal, KernelAction Before)> _before = [];

    /// <summary>Begins to hold signals back. Those that this process ignores stay ignored.</summary>
    /// <param name="signals">Their numbers, up to 63.</param>
    /// <exception cref="LinuxException">There is no memory for the handler, or a signal cannot be handled.</exception>
    public SignalForwarding(params ReadOnlySpan<int> signals)
    {
        *(int*)(_code + DataOffset) = -1;
        Add(signals);
    }

    /// <summary>Adds signals.</summary>
    /// <inheritdoc cref="SignalForwarding(ReadOnlySpan{int})"/>
    public void Add(params ReadOnlySpan<int> signals)
    {
        const long Restorer = 0x04000000, Restart = 0x10000000, Ignore = 1;
        var action = new KernelAction { Handler = _code, Flags = Restart };
        if (MachineCode.IsX64)
        {
            action.Flags |= Restorer;
            action.Restorer = _code + RestorerOffset;
        }
        foreach (var signal in signals)
        {
            KernelAction before;
            if (NativeMethods.Syscall(SystemCalls.RtSigaction, signal, 0, (long)&before, SetSize) < 0)
                throw LinuxException.Last("rt_sigaction");
            if (before.Handler == Ignore)
                continue;
            if (NativeMethods.Syscall(SystemCalls.RtSigaction, signal, (long)&action, 0, SetSize) < 0)
                throw LinuxException.Last("rt_sigaction");
            _before.Add((signal, before));
        }
    }

    /// <summary>Sends on what has come, and from now on what comes.</summary>
    /// <param name="target">Whom to. It must stay open as long as this. One of the signals that come meanwhile may reach it twice.</param>
    public void SendTo(PidFd target)
    {
        Volatile.Write(ref *(int*)(_code + DataOffset), target.Fd);
        for (var pending = Interlocked.Exchange(ref *(ulong*)(_code + DataOffset + PendingOffset), 0); pending != 0; pending &= pending - 1)
            _ = target.SendSignal(BitOperations.TrailingZeroCount(pending));
    }

    /// <summary>Has the signals do what they did before.</summary>
    public void Dispose()
    {
        foreach (var (signal, before) in _before)
        {
            var action = before;
            _ = NativeMethods.Syscall(SystemCalls.RtSigaction, signal, (long)&action, 0, SetSize);
        }
        _before.Clear();
        // The handler's memory stays: another thread may be in it.
        Volatile.Write(ref *(int*)(_code + DataOffset), -1);
    }

    // struct sigaction as the kernel has it, on both architectures.
    private struct KernelAction
    {
        public nint Handler;
        public long Flags;
        public nint Restorer;
        public ulong Mask;
    }
}
