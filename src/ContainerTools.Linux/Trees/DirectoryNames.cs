using System.Runtime.InteropServices;
using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Trees;

/// <summary>The names in an open directory, as bytes with a NUL at the end: they need not be UTF-8.</summary>
internal static unsafe class DirectoryNames
{
    // struct linux_dirent64: inode 8, offset 8, record length 2, type 1, then the name.
    private const int LengthAt = 16;
    private const int NameAt = 19;

    /// <summary>Reads all names but <c>.</c> and <c>..</c>, from where the descriptor stands.</summary>
    public static List<byte[]> Read(int directory)
    {
        List<byte[]> names = [];
        const int size = 32 * 1024;
        byte* buffer = (byte*)NativeMemory.Alloc(size);
        try
        {
            while (true)
            {
                nint count = Libc.getdents64(directory, buffer, size);
                if (count < 0)
                    throw new LinuxException(Marshal.GetLastPInvokeError(), "getdents64");
                if (count == 0)
                    return names;
                for (nint at = 0; at < count;)
                {
                    byte* entry = buffer + at;
                    int length = *(ushort*)(entry + LengthAt);
                    var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameAt);
                    if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                        names.Add([.. name, 0]);
                    at += length;
                }
            }
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }
}
