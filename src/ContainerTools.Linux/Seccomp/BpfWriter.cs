using System.Buffers.Binary;

namespace ContainerTools.Linux.Seccomp;

/// <summary>
/// Writes a classic BPF program from its end to its start: all jumps go forward, so every target is already in place and its distance known.
/// A label is the number of records from it to the end.
/// </summary>
internal sealed class BpfWriter
{
    // linux/bpf_common.h
    private const ushort LoadWord = 0x20, JumpAlways = 0x05, And = 0x54, Return = 0x06;

    /// <summary>A equals k.</summary>
    internal const ushort Equal = 0x15;

    /// <summary>A is greater than k.</summary>
    internal const ushort Greater = 0x25;

    /// <summary>A is at least k.</summary>
    internal const ushort GreaterOrEqual = 0x35;

    private const int FarthestJump = 255;
    private const int MostRecords = 4096;

    private readonly Dictionary<uint, int> _returns = [];
    private ulong[] _records = new ulong[512];
    private int _count;

    /// <summary>The label of what was written last.</summary>
    internal int Position => _count;

    internal int Load(uint offset) => Add(LoadWord, 0, 0, offset);

    internal int Mask(uint bits) => Add(And, 0, 0, bits);

    /// <summary>A conditional jump; targets too far away for its 8 bits are reached through an unconditional one behind it.</summary>
    internal int Jump(ushort test, uint value, int whenTrue, int whenFalse)
    {
        // Reserve a place for both detours, since the second may push the first target out of reach.
        if (_count - whenTrue > FarthestJump - 1)
            whenTrue = JumpTo(whenTrue);
        if (_count - whenFalse > FarthestJump)
            whenFalse = JumpTo(whenFalse);
        return Add(test, _count - whenTrue, _count - whenFalse, value);
    }

    /// <summary>A jump of any distance.</summary>
    internal int JumpTo(int label) => Add(JumpAlways, 0, 0, (uint)(_count - label));

    /// <summary>A return of a value; one nearby is used again.</summary>
    internal int ReturnValue(uint value)
    {
        if (_returns.TryGetValue(value, out int label) && _count - label < FarthestJump - 2)
            return label;
        return _returns[value] = Add(Return, 0, 0, value);
    }

    internal byte[] ToArray()
    {
        var program = new byte[_count * 8];
        for (int i = 0; i < _count; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(program.AsSpan(i * 8), _records[_count - 1 - i]);
        return program;
    }

    private int Add(ushort code, int whenTrue, int whenFalse, uint value)
    {
        if (_count == MostRecords)
            throw new InvalidOperationException($"The seccomp profile needs more than the {MostRecords} instructions that the kernel takes.");
        if (_count == _records.Length)
            Array.Resize(ref _records, _count * 2);
        // struct sock_filter { u16 code; u8 jt, jf; u32 k; }
        _records[_count++] = code | (ulong)(byte)whenTrue << 16 | (ulong)(byte)whenFalse << 24 | (ulong)value << 32;
        return _count;
    }
}
