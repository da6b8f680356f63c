using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Processes;

/// <summary>
/// The code that makes the calls of a <see cref="CallTable"/>: position-independent, without stack or library, for a child that shares its
/// parent's memory after clone3(2) or for an executable of its own.
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
        // start: start(clone_args: rdi, size: rsi, table: rdx)
        0x49, 0x89, 0xd1,                            //   0: mov r9,rdx
        0xb8, 0xb3, 0x01, 0x00, 0x00,                //   3: mov eax,0x1b3
        0x0f, 0x05,                                  //   8: syscall
        0x48, 0x85, 0xc0,                            //   a: test rax,rax
        0x74, 0x01,                                  //   d: je 10 <child>
        0xc3,                                        //   f: ret
        // child: the child
        0x4c, 0x89, 0xcf,                            //  10: mov rdi,r9
        // run: run(table: rdi): the executable image enters here
        0x4c, 0x8b, 0x27,                            //  13: mov r12,QWORD PTR [rdi]
        0x48, 0x8d, 0x5f, 0x10,                      //  16: lea rbx,[rdi+0x10]
        // next: each step: rbx points to it
        0x44, 0x8b, 0x6b, 0x40,                      //  1a: mov r13d,DWORD PTR [rbx+0x40]
        0x48, 0x8b, 0x7b, 0x08,                      //  1e: mov rdi,QWORD PTR [rbx+0x8]
        0x41, 0xf6, 0xc5, 0x01,                      //  22: test r13b,0x1
        0x74, 0x03,                                  //  26: je 2b
        0x48, 0x63, 0x3f,                            //  28: movsxd rdi,DWORD PTR [rdi]
        0x48, 0x8b, 0x73, 0x10,                      //  2b: mov rsi,QWORD PTR [rbx+0x10]
        0x41, 0xf6, 0xc5, 0x02,                      //  2f: test r13b,0x2
        0x74, 0x03,                                  //  33: je 38
        0x48, 0x63, 0x36,                            //  35: movsxd rsi,DWORD PTR [rsi]
        0x48, 0x8b, 0x53, 0x18,                      //  38: mov rdx,QWORD PTR [rbx+0x18]
        0x41, 0xf6, 0xc5, 0x04,                      //  3c: test r13b,0x4
        0x74, 0x03,                                  //  40: je 45
        0x48, 0x63, 0x12,                            //  42: movsxd rdx,DWORD PTR [rdx]
        0x4c, 0x8b, 0x53, 0x20,                      //  45: mov r10,QWORD PTR [rbx+0x20]
        0x41, 0xf6, 0xc5, 0x08,                      //  49: test r13b,0x8
        0x74, 0x03,                                  //  4d: je 52
        0x4d, 0x63, 0x12,                            //  4f: movsxd r10,DWORD PTR [r10]
        0x4c, 0x8b, 0x43, 0x28,                      //  52: mov r8,QWORD PTR [rbx+0x28]
        0x41, 0xf6, 0xc5, 0x10,                      //  56: test r13b,0x10
        0x74, 0x03,                                  //  5a: je 5f
        0x4d, 0x63, 0x00,                            //  5c: movsxd r8,DWORD PTR [r8]
        0x4c, 0x8b, 0x4b, 0x30,                      //  5f: mov r9,QWORD PTR [rbx+0x30]
        0x41, 0xf6, 0xc5, 0x20,                      //  63: test r13b,0x20
        0x74, 0x03,                                  //  67: je 6c
        0x4d, 0x63, 0x09,                            //  69: movsxd r9,DWORD PTR [r9]
        0x48, 0x8b, 0x03,                            //  6c: mov rax,QWORD PTR [rbx]
        0x0f, 0x05,                                  //  6f: syscall
        0x48, 0x89, 0x43, 0x38,                      //  71: mov QWORD PTR [rbx+0x38],rax
        0x48, 0x85, 0xc0,                            //  75: test rax,rax
        0x78, 0x16,                                  //  78: js 90 <failed>
        0x75, 0x08,                                  //  7a: jne 84 <positive>
        0xf6, 0x43, 0x44, 0x01,                      //  7c: test BYTE PTR [rbx+0x44],0x1
        0x75, 0x28,                                  //  80: jne aa <fatal>
        0xeb, 0x06,                                  //  82: jmp 8a <advance>
        // positive
        0x8b, 0x43, 0x54,                            //  84: mov eax,DWORD PTR [rbx+0x54]
        0x48, 0x01, 0xc3,                            //  87: add rbx,rax
        // advance
        0x48, 0x83, 0xc3, 0x60,                      //  8a: add rbx,0x60
        0xeb, 0x8a,                                  //  8e: jmp 1a <next>
        // failed
        0xf7, 0xd8,                                  //  90: neg eax
        0x66, 0x3b, 0x43, 0x48,                      //  92: cmp ax,WORD PTR [rbx+0x48]
        0x74, 0x30,                                  //  96: je c8 <tolerated>
        0x66, 0x3b, 0x43, 0x4a,                      //  98: cmp ax,WORD PTR [rbx+0x4a]
        0x74, 0x2a,                                  //  9c: je c8 <tolerated>
        0x66, 0x3b, 0x43, 0x4c,                      //  9e: cmp ax,WORD PTR [rbx+0x4c]
        0x74, 0x24,                                  //  a2: je c8 <tolerated>
        0x66, 0x3b, 0x43, 0x4e,                      //  a4: cmp ax,WORD PTR [rbx+0x4e]
        0x74, 0x1e,                                  //  a8: je c8 <tolerated>
        // fatal: report the step, end
        0x4c, 0x89, 0xe7,                            //  aa: mov rdi,r12
        0x48, 0x89, 0xde,                            //  ad: mov rsi,rbx
        0xba, 0x60, 0x00, 0x00, 0x00,                //  b0: mov edx,0x60
        0xb8, 0x01, 0x00, 0x00, 0x00,                //  b5: mov eax,0x1
        0x0f, 0x05,                                  //  ba: syscall
        0xbf, 0x7f, 0x00, 0x00, 0x00,                //  bc: mov edi,0x7f
        0xb8, 0xe7, 0x00, 0x00, 0x00,                //  c1: mov eax,0xe7
        0x0f, 0x05,                                  //  c6: syscall
        // tolerated
        0x8b, 0x43, 0x50,                            //  c8: mov eax,DWORD PTR [rbx+0x50]
        0x48, 0x01, 0xc3,                            //  cb: add rbx,rax
        0xeb, 0xba,                                  //  ce: jmp 8a <advance>
    ];

    private static ReadOnlySpan<byte> Arm64 =>
    [
        // start: start(clone_args: x0, size: x1, table: x2)
        0xe9, 0x03, 0x02, 0xaa,                      //   0: mov x9, x2
        0x68, 0x36, 0x80, 0xd2,                      //   4: mov x8, #0x1b3
        0x01, 0x00, 0x00, 0xd4,                      //   8: svc #0x0
        0x40, 0x00, 0x00, 0xb4,                      //   c: cbz x0, 14 <child>
        0xc0, 0x03, 0x5f, 0xd6,                      //  10: ret
        // child: the child
        0xe0, 0x03, 0x09, 0xaa,                      //  14: mov x0, x9
        // run: run(table: rdi): the executable image enters here
        0x14, 0x00, 0x40, 0xf9,                      //  18: ldr x20, [x0]
        0x13, 0x40, 0x00, 0x91,                      //  1c: add x19, x0, #0x10
        // next: each step: rbx points to it
        0x75, 0x42, 0x40, 0xb9,                      //  20: ldr w21, [x19, #64]
        0x60, 0x06, 0x40, 0xf9,                      //  24: ldr x0, [x19, #8]
        0x55, 0x00, 0x00, 0x36,                      //  28: tbz w21, #0, 30
        0x00, 0x00, 0x80, 0xb9,                      //  2c: ldrsw x0, [x0]
        0x61, 0x0a, 0x40, 0xf9,                      //  30: ldr x1, [x19, #16]
        0x55, 0x00, 0x08, 0x36,                      //  34: tbz w21, #1, 3c
        0x21, 0x00, 0x80, 0xb9,                      //  38: ldrsw x1, [x1]
        0x62, 0x0e, 0x40, 0xf9,                      //  3c: ldr x2, [x19, #24]
        0x55, 0x00, 0x10, 0x36,                      //  40: tbz w21, #2, 48
        0x42, 0x00, 0x80, 0xb9,                      //  44: ldrsw x2, [x2]
        0x63, 0x12, 0x40, 0xf9,                      //  48: ldr x3, [x19, #32]
        0x55, 0x00, 0x18, 0x36,                      //  4c: tbz w21, #3, 54
        0x63, 0x00, 0x80, 0xb9,                      //  50: ldrsw x3, [x3]
        0x64, 0x16, 0x40, 0xf9,                      //  54: ldr x4, [x19, #40]
        0x55, 0x00, 0x20, 0x36,                      //  58: tbz w21, #4, 60
        0x84, 0x00, 0x80, 0xb9,                      //  5c: ldrsw x4, [x4]
        0x65, 0x1a, 0x40, 0xf9,                      //  60: ldr x5, [x19, #48]
        0x55, 0x00, 0x28, 0x36,                      //  64: tbz w21, #5, 6c
        0xa5, 0x00, 0x80, 0xb9,                      //  68: ldrsw x5, [x5]
        0x68, 0x02, 0x40, 0xf9,                      //  6c: ldr x8, [x19]
        0x01, 0x00, 0x00, 0xd4,                      //  70: svc #0x0
        0x60, 0x1e, 0x00, 0xf9,                      //  74: str x0, [x19, #56]
        0x20, 0x01, 0xf8, 0xb7,                      //  78: tbnz x0, #63, 9c <failed>
        0x80, 0x00, 0x00, 0xb5,                      //  7c: cbnz x0, 8c <positive>
        0x61, 0x46, 0x40, 0xb9,                      //  80: ldr w1, [x19, #68]
        0x61, 0x02, 0x00, 0x37,                      //  84: tbnz w1, #0, d0 <fatal>
        0x03, 0x00, 0x00, 0x14,                      //  88: b 94 <advance>
        // positive
        0x61, 0x56, 0x40, 0xb9,                      //  8c: ldr w1, [x19, #84]
        0x73, 0x02, 0x01, 0x8b,                      //  90: add x19, x19, x1
        // advance
        0x73, 0x82, 0x01, 0x91,                      //  94: add x19, x19, #0x60
        0xe2, 0xff, 0xff, 0x17,                      //  98: b 20 <next>
        // failed
        0xe0, 0x03, 0x00, 0x4b,                      //  9c: neg w0, w0
        0x61, 0x92, 0x40, 0x79,                      //  a0: ldrh w1, [x19, #72]
        0x1f, 0x00, 0x01, 0x6b,                      //  a4: cmp w0, w1
        0x40, 0x02, 0x00, 0x54,                      //  a8: b.eq f0 <tolerated>
        0x61, 0x96, 0x40, 0x79,                      //  ac: ldrh w1, [x19, #74]
        0x1f, 0x00, 0x01, 0x6b,                      //  b0: cmp w0, w1
        0xe0, 0x01, 0x00, 0x54,                      //  b4: b.eq f0 <tolerated>
        0x61, 0x9a, 0x40, 0x79,                      //  b8: ldrh w1, [x19, #76]
        0x1f, 0x00, 0x01, 0x6b,                      //  bc: cmp w0, w1
        0x80, 0x01, 0x00, 0x54,                      //  c0: b.eq f0 <tolerated>
        0x61, 0x9e, 0x40, 0x79,                      //  c4: ldrh w1, [x19, #78]
        0x1f, 0x00, 0x01, 0x6b,                      //  c8: cmp w0, w1
        0x20, 0x01, 0x00, 0x54,                      //  cc: b.eq f0 <tolerated>
        // fatal: report the step, end
        0xe0, 0x03, 0x14, 0xaa,                      //  d0: mov x0, x20
        0xe1, 0x03, 0x13, 0xaa,                      //  d4: mov x1, x19
        0x02, 0x0c, 0x80, 0xd2,                      //  d8: mov x2, #0x60
        0x08, 0x08, 0x80, 0xd2,                      //  dc: mov x8, #0x40
        0x01, 0x00, 0x00, 0xd4,                      //  e0: svc #0x0
        0xe0, 0x0f, 0x80, 0xd2,                      //  e4: mov x0, #0x7f
        0xc8, 0x0b, 0x80, 0xd2,                      //  e8: mov x8, #0x5e
        0x01, 0x00, 0x00, 0xd4,                      //  ec: svc #0x0
        // tolerated
        0x61, 0x52, 0x40, 0xb9,                      //  f0: ldr w1, [x19, #80]
        0x73, 0x02, 0x01, 0x8b,                      //  f4: add x19, x19, x1
        0xe7, 0xff, 0xff, 0x17,                      //  f8: b 94 <advance>
    ];

    internal static readonly bool IsX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly nint Mapped = Map();

    /// <summary>The runner, for an image whose entry code leaves the table's address in the first argument register and falls through.</summary>
    public static ReadOnlySpan<byte> Runner => IsX64 ? X64[0x13..] : Arm64[0x18..];

    /// <summary>Code that sets the first argument register to an address that is a multiple of 64 KiB below 4 GiB.</summary>
    public static byte[] LoadAddress(uint address) => IsX64
        ? [0xbf, (byte)address, (byte)(address >> 8), (byte)(address >> 16), (byte)(address >> 24)] // mov edi, address
        : BitConverter.GetBytes(0xd2a00000u | (address >> 16) << 5);                                // movz x0, #(address >> 16), lsl #16

    /// <summary>
    /// Clones this process; the child runs the table and never returns. All signals must be blocked: a handler in the child would run managed code.
    /// </summary>
    /// <param name="arguments">The arguments of clone3(2).</param>
    /// <param name="table">The table, written for its address; it must stay until the child has executed another program or ended.</param>
    /// <returns>The child's id, or the negative error number.</returns>
    public static long Clone(CloneArguments* arguments, void* table) =>
        ((delegate* unmanaged[SuppressGCTransition]<CloneArguments*, long, void*, long>)Mapped)(arguments, sizeof(CloneArguments), table);

    private static nint Map() => Map(IsX64 ? X64 : Arm64, 4096);

    /// <summary>Puts code into memory of its own, where it can be executed and not be written to.</summary>
    /// <param name="code">The instructions.</param>
    /// <param name="size">Bytes of memory, a multiple of the page size.</param>
    /// <param name="dataSize">Bytes behind it that can be written to and not be executed.</param>
    /// <exception cref="LinuxException">There is no memory.</exception>
    internal static nint Map(ReadOnlySpan<byte> code, int size, int dataSize = 0)
    {
        const int Read = 1, Write = 2, Execute = 4, PrivateAnonymous = 0x22;
        var address = NativeMethods.Mmap(0, (nuint)(size + dataSize), Read | Write, PrivateAnonymous, -1, 0);
        if (address == -1)
            throw LinuxException.Last("mmap");
        code.CopyTo(new Span<byte>((void*)address, size));
        // First use in this process: no core has stale instructions of this address, but arm64 wants the caches synchronised; a change of
        // protection does that in the kernel for pages that become executable.
        return NativeMethods.Mprotect(address, (nuint)size, Read | Execute) == 0 ? address : throw LinuxException.Last("mprotect");
    }
}
