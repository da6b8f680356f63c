using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Processes;

/// <summary>
/// The code that makes the calls of a <see cref="CallTable"/>: position-independent, without stack or library, for a child that shares its
/// parent's memory after clone(2) or for an executable of its own.
/// </summary>
/// <remarks>
/// Managed code cannot do this: compilers place garbage-collection polls after calls, and a child that meets one while a collection is starting
/// waits for ever for threads that it does not have. The listings are what an assembler makes of the instructions beside them.
/// </remarks>
internal static unsafe class MachineCode
{
    // In the order of the listing: keep the argument registers' loads, the call, the branches on its result.
    private static ReadOnlySpan<byte> X64 =>
    [
        // start: start(flags: rdi, 0: rsi, pidfd address: rdx, table: rcx)
        0x49, 0x89, 0xc9,                            //   0: mov r9,rcx
        0x45, 0x31, 0xd2,                            //   3: xor r10d,r10d
        0x45, 0x31, 0xc0,                            //   6: xor r8d,r8d
        0xb8, 0x38, 0x00, 0x00, 0x00,                //   9: mov eax,0x38
        0x0f, 0x05,                                  //   e: syscall
        0x48, 0x85, 0xc0,                            //  10: test rax,rax
        0x74, 0x01,                                  //  13: je 16 <child>
        0xc3,                                        //  15: ret
        // child: the child
        0x4c, 0x89, 0xcf,                            //  16: mov rdi,r9
        // run: run(table: rdi): the executable image enters here
        0x4c, 0x8b, 0x27,                            //  19: mov r12,QWORD PTR [rdi]
        0x48, 0x8d, 0x5f, 0x10,                      //  1c: lea rbx,[rdi+0x10]
        // next: each step: rbx points to it
        0x44, 0x8b, 0x6b, 0x40,                      //  20: mov r13d,DWORD PTR [rbx+0x40]
        0x48, 0x8b, 0x7b, 0x08,                      //  24: mov rdi,QWORD PTR [rbx+0x8]
        0x41, 0xf6, 0xc5, 0x01,                      //  28: test r13b,0x1
        0x74, 0x03,                                  //  2c: je 31
        0x48, 0x63, 0x3f,                            //  2e: movsxd rdi,DWORD PTR [rdi]
        0x48, 0x8b, 0x73, 0x10,                      //  31: mov rsi,QWORD PTR [rbx+0x10]
        0x41, 0xf6, 0xc5, 0x02,                      //  35: test r13b,0x2
        0x74, 0x03,                                  //  39: je 3e
        0x48, 0x63, 0x36,                            //  3b: movsxd rsi,DWORD PTR [rsi]
        0x48, 0x8b, 0x53, 0x18,                      //  3e: mov rdx,QWORD PTR [rbx+0x18]
        0x41, 0xf6, 0xc5, 0x04,                      //  42: test r13b,0x4
        0x74, 0x03,                                  //  46: je 4b
        0x48, 0x63, 0x12,                            //  48: movsxd rdx,DWORD PTR [rdx]
        0x4c, 0x8b, 0x53, 0x20,                      //  4b: mov r10,QWORD PTR [rbx+0x20]
        0x41, 0xf6, 0xc5, 0x08,                      //  4f: test r13b,0x8
        0x74, 0x03,                                  //  53: je 58
        0x4d, 0x63, 0x12,                            //  55: movsxd r10,DWORD PTR [r10]
        0x4c, 0x8b, 0x43, 0x28,                      //  58: mov r8,QWORD PTR [rbx+0x28]
        0x41, 0xf6, 0xc5, 0x10,                      //  5c: test r13b,0x10
        0x74, 0x03,                                  //  60: je 65
        0x4d, 0x63, 0x00,                            //  62: movsxd r8,DWORD PTR [r8]
        0x4c, 0x8b, 0x4b, 0x30,                      //  65: mov r9,QWORD PTR [rbx+0x30]
        0x41, 0xf6, 0xc5, 0x20,                      //  69: test r13b,0x20
        0x74, 0x03,                                  //  6d: je 72
        0x4d, 0x63, 0x09,                            //  6f: movsxd r9,DWORD PTR [r9]
        0x48, 0x8b, 0x03,                            //  72: mov rax,QWORD PTR [rbx]
        0x0f, 0x05,                                  //  75: syscall
        0x48, 0x89, 0x43, 0x38,                      //  77: mov QWORD PTR [rbx+0x38],rax
        0x48, 0x85, 0xc0,                            //  7b: test rax,rax
        0x78, 0x16,                                  //  7e: js 96 <failed>
        0x75, 0x08,                                  //  80: jne 8a <positive>
        0xf6, 0x43, 0x44, 0x01,                      //  82: test BYTE PTR [rbx+0x44],0x1
        0x75, 0x28,                                  //  86: jne b0 <fatal>
        0xeb, 0x06,                                  //  88: jmp 90 <advance>
        // positive
        0x8b, 0x43, 0x54,                            //  8a: mov eax,DWORD PTR [rbx+0x54]
        0x48, 0x01, 0xc3,                            //  8d: add rbx,rax
        // advance
        0x48, 0x83, 0xc3, 0x60,                      //  90: add rbx,0x60
        0xeb, 0x8a,                                  //  94: jmp 20 <next>
        // failed
        0xf7, 0xd8,                                  //  96: neg eax
        0x66, 0x3b, 0x43, 0x48,                      //  98: cmp ax,WORD PTR [rbx+0x48]
        0x74, 0x30,                                  //  9c: je ce <tolerated>
        0x66, 0x3b, 0x43, 0x4a,                      //  9e: cmp ax,WORD PTR [rbx+0x4a]
        0x74, 0x2a,                                  //  a2: je ce <tolerated>
        0x66, 0x3b, 0x43, 0x4c,                      //  a4: cmp ax,WORD PTR [rbx+0x4c]
        0x74, 0x24,                                  //  a8: je ce <tolerated>
        0x66, 0x3b, 0x43, 0x4e,                      //  aa: cmp ax,WORD PTR [rbx+0x4e]
        0x74, 0x1e,                                  //  ae: je ce <tolerated>
        // fatal: report the step, end
        0x4c, 0x89, 0xe7,                            //  b0: mov rdi,r12
        0x48, 0x89, 0xde,                            //  b3: mov rsi,rbx
        0xba, 0x60, 0x00, 0x00, 0x00,                //  b6: mov edx,0x60
        0xb8, 0x01, 0x00, 0x00, 0x00,                //  bb: mov eax,0x1
        0x0f, 0x05,                                  //  c0: syscall
        0xbf, 0x7f, 0x00, 0x00, 0x00,                //  c2: mov edi,0x7f
        0xb8, 0xe7, 0x00, 0x00, 0x00,                //  c7: mov eax,0xe7
        0x0f, 0x05,                                  //  cc: syscall
        // tolerated
        0x8b, 0x43, 0x50,                            //  ce: mov eax,DWORD PTR [rbx+0x50]
        0x48, 0x01, 0xc3,                            //  d1: add rbx,rax
        0xeb, 0xba,                                  //  d4: jmp 90 <advance>
    ];

    private static ReadOnlySpan<byte> Arm64 =>
    [
        // start: start(flags: rdi, 0: rsi, pidfd address: rdx, table: rcx)
        0xe9, 0x03, 0x03, 0xaa,                      //   0: mov x9, x3
        0xe3, 0x03, 0x1f, 0xaa,                      //   4: mov x3, xzr
        0xe4, 0x03, 0x1f, 0xaa,                      //   8: mov x4, xzr
        0x88, 0x1b, 0x80, 0xd2,                      //   c: mov x8, #0xdc
        0x01, 0x00, 0x00, 0xd4,                      //  10: svc #0x0
        0x40, 0x00, 0x00, 0xb4,                      //  14: cbz x0, 1c <child>
        0xc0, 0x03, 0x5f, 0xd6,                      //  18: ret
        // child: the child
        0xe0, 0x03, 0x09, 0xaa,                      //  1c: mov x0, x9
        // run: run(table: rdi): the executable image enters here
        0x14, 0x00, 0x40, 0xf9,                      //  20: ldr x20, [x0]
        0x13, 0x40, 0x00, 0x91,                      //  24: add x19, x0, #0x10
        // next: each step: rbx points to it
        0x75, 0x42, 0x40, 0xb9,                      //  28: ldr w21, [x19, #64]
        0x60, 0x06, 0x40, 0xf9,                      //  2c: ldr x0, [x19, #8]
        0x55, 0x00, 0x00, 0x36,                      //  30: tbz w21, #0, 38
        0x00, 0x00, 0x80, 0xb9,                      //  34: ldrsw x0, [x0]
        0x61, 0x0a, 0x40, 0xf9,                      //  38: ldr x1, [x19, #16]
        0x55, 0x00, 0x08, 0x36,                      //  3c: tbz w21, #1, 44
        0x21, 0x00, 0x80, 0xb9,                      //  40: ldrsw x1, [x1]
        0x62, 0x0e, 0x40, 0xf9,                      //  44: ldr x2, [x19, #24]
        0x55, 0x00, 0x10, 0x36,                      //  48: tbz w21, #2, 50
        0x42, 0x00, 0x80, 0xb9,                      //  4c: ldrsw x2, [x2]
        0x63, 0x12, 0x40, 0xf9,                      //  50: ldr x3, [x19, #32]
        0x55, 0x00, 0x18, 0x36,                      //  54: tbz w21, #3, 5c
        0x63, 0x00, 0x80, 0xb9,                      //  58: ldrsw x3, [x3]
        0x64, 0x16, 0x40, 0xf9,                      //  5c: ldr x4, [x19, #40]
        0x55, 0x00, 0x20, 0x36,                      //  60: tbz w21, #4, 68
        0x84, 0x00, 0x80, 0xb9,                      //  64: ldrsw x4, [x4]
        0x65, 0x1a, 0x40, 0xf9,                      //  68: ldr x5, [x19, #48]
        0x55, 0x00, 0x28, 0x36,                      //  6c: tbz w21, #5, 74
        0xa5, 0x00, 0x80, 0xb9,                      //  70: ldrsw x5, [x5]
        0x68, 0x02, 0x40, 0xf9,                      //  74: ldr x8, [x19]
        0x01, 0x00, 0x00, 0xd4,                      //  78: svc #0x0
        0x60, 0x1e, 0x00, 0xf9,                      //  7c: str x0, [x19, #56]
        0x20, 0x01, 0xf8, 0xb7,                      //  80: tbnz x0, #63, a4 <failed>
        0x80, 0x00, 0x00, 0xb5,                      //  84: cbnz x0, 94 <positive>
        0x61, 0x46, 0x40, 0xb9,                      //  88: ldr w1, [x19, #68]
        0x61, 0x02, 0x00, 0x37,                      //  8c: tbnz w1, #0, d8 <fatal>
        0x03, 0x00, 0x00, 0x14,                      //  90: b 9c <advance>
        // positive
        0x61, 0x56, 0x40, 0xb9,                      //  94: ldr w1, [x19, #84]
        0x73, 0x02, 0x01, 0x8b,                      //  98: add x19, x19, x1
        // advance
        0x73, 0x82, 0x01, 0x91,                      //  9c: add x19, x19, #0x60
        0xe2, 0xff, 0xff, 0x17,                      //  a0: b 28 <next>
        // failed
        0xe0, 0x03, 0x00, 0x4b,                      //  a4: neg w0, w0
        0x61, 0x92, 0x40, 0x79,                      //  a8: ldrh w1, [x19, #72]
        0x1f, 0x00, 0x01, 0x6b,                      //  ac: cmp w0, w1
        0x40, 0x02, 0x00, 0x54,                      //  b0: b.eq f8 <tolerated>
        0x61, 0x96, 0x40, 0x79,                      //  b4: ldrh w1, [x19, #74]
        0x1f, 0x00, 0x01, 0x6b,                      //  b8: cmp w0, w1
        0xe0, 0x01, 0x00, 0x54,                      //  bc: b.eq f8 <tolerated>
        0x61, 0x9a, 0x40, 0x79,                      //  c0: ldrh w1, [x19, #76]
        0x1f, 0x00, 0x01, 0x6b,                      //  c4: cmp w0, w1
        0x80, 0x01, 0x00, 0x54,                      //  c8: b.eq f8 <tolerated>
        0x61, 0x9e, 0x40, 0x79,                      //  cc: ldrh w1, [x19, #78]
        0x1f, 0x00, 0x01, 0x6b,                      //  d0: cmp w0, w1
        0x20, 0x01, 0x00, 0x54,                      //  d4: b.eq f8 <tolerated>
        // fatal: report the step, end
        0xe0, 0x03, 0x14, 0xaa,                      //  d8: mov x0, x20
        0xe1, 0x03, 0x13, 0xaa,                      //  dc: mov x1, x19
        0x02, 0x0c, 0x80, 0xd2,                      //  e0: mov x2, #0x60
        0x08, 0x08, 0x80, 0xd2,                      //  e4: mov x8, #0x40
        0x01, 0x00, 0x00, 0xd4,                      //  e8: svc #0x0
        0xe0, 0x0f, 0x80, 0xd2,                      //  ec: mov x0, #0x7f
        0xc8, 0x0b, 0x80, 0xd2,                      //  f0: mov x8, #0x5e
        0x01, 0x00, 0x00, 0xd4,                      //  f4: svc #0x0
        // tolerated
        0x61, 0x52, 0x40, 0xb9,                      //  f8: ldr w1, [x19, #80]
        0x73, 0x02, 0x01, 0x8b,                      //  fc: add x19, x19, x1
        0xe7, 0xff, 0xff, 0x17,                      // 100: b 9c <advance>
    ];

    private static readonly bool IsX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly nint Mapped = Map();

    /// <summary>The runner, for an image whose entry code leaves the table's address in the first argument register and falls through.</summary>
    public static ReadOnlySpan<byte> Runner => IsX64 ? X64[0x19..] : Arm64[0x20..];

    /// <summary>Code that sets the first argument register to an address that is a multiple of 64 KiB below 4 GiB.</summary>
    public static byte[] LoadAddress(uint address) => IsX64
        ? [0xbf, (byte)address, (byte)(address >> 8), (byte)(address >> 16), (byte)(address >> 24)] // mov edi, address
        : BitConverter.GetBytes(0xd2a00000u | (address >> 16) << 5);                                // movz x0, #(address >> 16), lsl #16

    /// <summary>
    /// Clones this process; the child runs the table and never returns. All signals must be blocked: a handler in the child would run managed code.
    /// </summary>
    /// <param name="flags">Flags of clone(2), and the signal at the child's end.</param>
    /// <param name="pidFd">Where CLONE_PIDFD puts the descriptor.</param>
    /// <param name="table">The table, written for its address; it must stay until the child has executed another program or ended.</param>
    /// <returns>The child's id, or the negative error number.</returns>
    public static long Clone(ulong flags, int* pidFd, void* table) =>
        ((delegate* unmanaged[SuppressGCTransition]<ulong, long, int*, void*, long>)Mapped)(flags, 0, pidFd, table);

    private static nint Map()
    {
        const int Read = 1, Write = 2, Execute = 4, PrivateAnonymous = 0x22;
        var code = IsX64 ? X64 : Arm64;
        var address = NativeMethods.Mmap(0, 4096, Read | Write, PrivateAnonymous, -1, 0);
        if (address == -1)
            throw LinuxException.Last("mmap");
        code.CopyTo(new Span<byte>((void*)address, 4096));
        // First use in this process: no core has stale instructions of this address, but arm64 wants the caches synchronised; a change of
        // protection does that in the kernel for pages that become executable.
        return NativeMethods.Mprotect(address, 4096, Read | Execute) == 0 ? address : throw LinuxException.Last("mprotect");
    }
}
