using System.Buffers.Binary;

namespace ContainerTools.Linux.Files;

/// <summary>
/// The extended attribute that holds a program's file capabilities (capabilities(7), "File capability extended attribute versioning"; linux/capability.h). Version 3 says
/// which user id is root of the user namespace that they hold in; version 2 is the namespace's own root, or the host's.
/// </summary>
public static class CapabilityAttribute
{
    private const uint VersionMask = 0xFF000000, Version2 = 0x02000000, Version3 = 0x03000000;
    private const int Size2 = 20, Size3 = 24;

    /// <summary>The attribute's name, without NUL.</summary>
    public static ReadOnlySpan<byte> Name => "security.capability"u8;

    /// <summary>The user id of the root that capabilities hold for, as the calling process's user namespace has it.</summary>
    /// <param name="value">The attribute's value.</param>
    /// <returns>0 for version 2; null for what is neither version 2 nor 3.</returns>
    public static uint? RootOf(ReadOnlySpan<byte> value)
    {
        uint version = value.Length < sizeof(uint) ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(value) & VersionMask;
        return (version, value.Length) switch
        {
            (Version2, Size2) => 0,
            (Version3, Size3) => BinaryPrimitives.ReadUInt32LittleEndian(value[Size2..]),
            _ => null,
        };
    }

    /// <summary>The same capabilities for another root.</summary>
    /// <param name="value">A value that <see cref="RootOf"/> understands.</param>
    /// <param name="root">The user id; 0 gives version 2.</param>
    public static byte[] WithRoot(ReadOnlySpan<byte> value, uint root)
    {
        byte[] changed = new byte[root == 0 ? Size2 : Size3];
        value[..Size2].CopyTo(changed);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(value) & ~VersionMask;
        BinaryPrimitives.WriteUInt32LittleEndian(changed, flags | (root == 0 ? Version2 : Version3));
        if (root != 0)
            BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(Size2), root);
        return changed;
    }
}
