using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Processes;

/// <summary>
/// A <see cref="CallTable"/> as a static ELF executable in sealed anonymous memory. What runs it shows no file of the host as its executable, so
/// nothing inside a container can reach and overwrite one through /proc/PID/exe; and it holds a few pages instead of its parent's memory.
/// </summary>
internal static unsafe class TableImage
{
    private const uint CodeAddress = 0x10000000, DataAddress = 0x20000000;
    private const int DataOffset = 0x10000; // 64 KiB: the largest page size of either architecture
    private const int HeaderSize = 64, ProgramHeaderSize = 56, ProgramHeaders = 3;

    /// <summary>Makes the executable.</summary>
    /// <param name="table">What it does.</param>
    /// <param name="errorDescriptor">Where a failed step is written to.</param>
    /// <returns>Its descriptor, for execveat(2) with AT_EMPTY_PATH; it closes on exec.</returns>
    public static SafeFileHandle Create(CallTable table, int errorDescriptor)
    {
        var handle = CreateMemory();
        var fd = (int)handle.DangerousGetHandle();
        LinuxException.ThrowIfFailed(Files.FileCalls.WriteAt(fd, BuildHead(table.WrittenSize, table.Size), 0), "pwrite", "memfd");
        table.Write(fd, DataOffset, DataAddress, errorDescriptor);
        Files.AnonymousFile.SealAll(handle);
        return handle;
    }

    private static SafeFileHandle CreateMemory()
    {
        const long CloseOnExec = 1, AllowSealing = 2, Executable = 0x10;
        var name = "ctrun-init\0"u8;
        fixed (byte* p = name)
        {
            var fd = NativeMethods.Syscall(SystemCalls.MemfdCreate, (long)p, CloseOnExec | AllowSealing | Executable);
            // Before Linux 6.3 the flag does not exist and every such file is executable.
            if (fd < 0 && Marshal.GetLastPInvokeError() == Errno.EINVAL)
                fd = NativeMethods.Syscall(SystemCalls.MemfdCreate, (long)p, CloseOnExec | AllowSealing);
            return fd < 0 ? throw LinuxException.Last("memfd_create") : new SafeFileHandle((nint)fd, ownsHandle: true);
        }
    }

    // elf(5): header, three program headers, then the code.
    private static byte[] BuildHead(int written, int size)
    {
        const ushort Executable = 2, MachineX64 = 62, MachineArm64 = 183;
        const uint Load = 1, GnuStack = 0x6474e551, ExecuteFlag = 1, WriteFlag = 2, ReadFlag = 4;
        const int codeOffset = HeaderSize + ProgramHeaders * ProgramHeaderSize;
        var entry = MachineCode.LoadAddress(DataAddress);
        var head = new byte[codeOffset + entry.Length + MachineCode.Runner.Length];
        var span = head.AsSpan();
        "\x7f"u8.CopyTo(span);
        "ELF"u8.CopyTo(span[1..]);
        span[4] = 2; // 64 bits
        span[5] = 1; // little-endian
        span[6] = 1; // version
        BinaryPrimitives.WriteUInt16LittleEndian(span[16..], Executable);
        BinaryPrimitives.WriteUInt16LittleEndian(span[18..], RuntimeInformation.ProcessArchitecture == Architecture.X64 ? MachineX64 : MachineArm64);
        BinaryPrimitives.WriteUInt32LittleEndian(span[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(span[24..], CodeAddress + codeOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(span[32..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(span[52..], HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(span[54..], ProgramHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(span[56..], ProgramHeaders);
        WriteProgramHeader(span[HeaderSize..], Load, ReadFlag | ExecuteFlag, 0, CodeAddress, head.Length, head.Length);
        WriteProgramHeader(span[(HeaderSize + ProgramHeaderSize)..], Load, ReadFlag | WriteFlag, DataOffset, DataAddress, written, size);
        WriteProgramHeader(span[(HeaderSize + 2 * ProgramHeaderSize)..], GnuStack, ReadFlag | WriteFlag, 0, 0, 0, 0);
        entry.CopyTo(span[codeOffset..]);
        MachineCode.Runner.CopyTo(span[(codeOffset + entry.Length)..]);
        return head;
    }

    private static void WriteProgramHeader(Span<byte> target, uint type, uint flags, ulong offset, ulong address, int written, int size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, type);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(target[32..], (ulong)written);
        BinaryPrimitives.WriteUInt64LittleEndian(target[40..], (ulong)size);
        BinaryPrimitives.WriteUInt64LittleEndian(target[48..], 0x10000);
    }
}
