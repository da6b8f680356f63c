using System.Buffers.Binary;

namespace ContainerTools.Linux.Tests.Seccomp;

/// <summary>Runs a classic BPF program on a struct seccomp_data, as the kernel would.</summary>
internal static class BpfInterpreter
{
    public static uint Run(ReadOnlySpan<byte> program, uint architecture, uint number, ReadOnlySpan<ulong> arguments)
    {
        Span<byte> data = stackalloc byte[64];
        data.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data[4..], architecture);
        for (int i = 0; i < arguments.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(data[(16 + 8 * i)..], arguments[i]);
        uint a = 0;
        for (int position = 0; ; position++)
        {
            ReadOnlySpan<byte> record = program.Slice(position * 8, 8);
            ushort code = BinaryPrimitives.ReadUInt16LittleEndian(record);
            uint k = BinaryPrimitives.ReadUInt32LittleEndian(record[4..]);
            switch (code)
            {
                case 0x20: a = BinaryPrimitives.ReadUInt32LittleEndian(data[(int)k..]); break;
                case 0x54: a &= k; break;
                case 0x05: position += (int)k; break;
                case 0x15: position += a == k ? record[2] : record[3]; break;
                case 0x25: position += a > k ? record[2] : record[3]; break;
                case 0x35: position += a >= k ? record[2] : record[3]; break;
                case 0x45: position += (a & k) != 0 ? record[2] : record[3]; break;
                case 0x06: return k;
                default: throw new InvalidDataException($"Instruction {position} has the unexpected code 0x{code:x}.");
            }
        }
    }
}
