using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace ContainerTools.Linux.Processes;

/// <summary>
/// System calls prepared to be made one after another by <see cref="MachineCode"/> in a process that can run no managed code. A result can be
/// an argument of a later call, a call can tolerate errors, and the first other error ends the process after the failed step was reported.
/// </summary>
/// <remarks>
/// In memory: a header of 16 bytes (the descriptor that a failure is reported to), the steps of 96 bytes each, then the data they point to, then zeros. A step:
/// number at 0, six arguments from 8, result at 56, a bit for each argument to be loaded from memory at 64, zero-fails at 68, four tolerated errors
/// of 16 bits at 72, bytes to skip after a tolerated error at 80 and after a positive result at 84, its index from the end (negative) at 88, the table's tag
/// at 92. Indices from the end let a failure be explained by a table that has only the last steps.
/// </remarks>
/// <param name="dataSize">About how many bytes of data it gets: room for more is made at a cost that a start feels.</param>
internal sealed class CallTable(int dataSize = 2048)
{
    public const int HeaderSize = 16, StepSize = 96, ResultOffset = 56, IndexOffset = 88;
    private const int BlockSize = 64, ZeroBase = 1 << 28;

    // In blocks: a start feels every page of memory that it is the first to touch, as it would for room left over and for copies on growth.
    private readonly List<Step[]> _steps = [];
    private readonly Dictionary<string, int> _strings = new(StringComparer.Ordinal);
    private byte[] _data = new byte[dataSize];
    private readonly List<(int Offset, int Target)> _pointers = [];
    private int _dataLength, _zeroLength;

    public int Count { get; private set; }

    /// <summary>A number that comes back in the record of a failed step, to tell tables apart.</summary>
    public int Tag { get; init; }

    /// <summary>Bytes that are written of it.</summary>
    public int WrittenSize => HeaderSize + Count * StepSize + _dataLength;

    /// <summary>Bytes that the table takes in memory: behind those that are written there must be zeros.</summary>
    public int Size => (WrittenSize + 7 & -8) + _zeroLength;

    /// <summary>Adds a call.</summary>
    /// <param name="operation">What it does, for the error: the call's name usually.</param>
    /// <param name="subject">What it does it to, for the error.</param>
    /// <param name="number">The system call number.</param>
    /// <param name="arguments">At most six.</param>
    public CallStep Add(string operation, string? subject, long number, params ReadOnlySpan<CallArgument> arguments)
    {
        if (Count % BlockSize == 0)
            _steps.Add(new Step[BlockSize]);
        ref var step = ref StepAt(Count);
        step.Operation = operation;
        step.Subject = subject;
        step.Number = (ushort)number;
        for (var i = 0; i < arguments.Length; i++)
        {
            step.Kinds[i] = arguments[i].Kind;
            step.Values[i] = arguments[i].Value;
        }
        return new CallStep(this, Count++);
    }

    /// <summary>The address of a NUL-terminated UTF-8 string.</summary>
    public CallArgument Text(string text)
    {
        if (!_strings.TryGetValue(text, out var offset))
        {
            if (text.Contains('\0', StringComparison.Ordinal))
                throw new ArgumentException($"'{text.Replace("\0", "\\0", StringComparison.Ordinal)}' contains a NUL character.", nameof(text));
            var length = Encoding.UTF8.GetByteCount(text);
            offset = Reserve(length + 1, 1);
            _ = Encoding.UTF8.GetBytes(text, _data.AsSpan(offset, length));
            _strings.Add(text, offset);
        }
        return CallArgument.AddressOf(offset);
    }

    /// <summary>The address of a NULL-terminated vector of strings.</summary>
    /// <param name="texts">The strings.</param>
    /// <param name="extra">Offset of one more string in the data, or -1.</param>
    public CallArgument Vector(IReadOnlyList<string> texts, int extra = -1)
    {
        var vector = Reserve((texts.Count + 2) * 8);
        for (var i = 0; i < texts.Count; i++)
            Point(vector + i * 8, (int)Text(texts[i]).Value);
        if (extra >= 0)
            Point(vector + texts.Count * 8, extra);
        return CallArgument.AddressOf(vector);
    }

    /// <summary>The address of bytes.</summary>
    public CallArgument Bytes(ReadOnlySpan<byte> bytes) => CallArgument.AddressOf(Store(bytes));

    /// <summary>The address of 64-bit numbers.</summary>
    public CallArgument Longs(params ReadOnlySpan<long> values) => Bytes(MemoryMarshal.AsBytes(values));

    /// <summary>The address of 32-bit numbers.</summary>
    public CallArgument Integers(params ReadOnlySpan<uint> values) => Bytes(MemoryMarshal.AsBytes(values));

    /// <summary>Copies bytes into the data, aligned to 8, and returns their offset.</summary>
    public int Store(ReadOnlySpan<byte> bytes)
    {
        var offset = Reserve(bytes.Length);
        bytes.CopyTo(_data.AsSpan(offset));
        return offset;
    }

    /// <summary>Sets aside zeroed room in the data and returns its offset.</summary>
    public int Reserve(int size, int alignment = 8)
    {
        var offset = (_dataLength + alignment - 1) & -alignment;
        if (offset + size > _data.Length)
            Array.Resize(ref _data, Math.Max(_data.Length * 2, offset + size));
        _dataLength = offset + size;
        return offset;
    }

    /// <summary>Sets room aside, aligned to 8, that is zero until a call writes to it. Nothing else can be done with its offset than to let calls and pointers have it.</summary>
    public int ReserveZeros(int size)
    {
        var offset = ZeroBase + _zeroLength;
        _zeroLength += size + 7 & -8;
        return offset;
    }

    /// <summary>Makes the 64 bits at an offset in the data the address of another offset in it.</summary>
    public void Point(int offset, int target) => _pointers.Add((offset, target));

    /// <summary>Writes bytes into room that was set aside.</summary>
    public void Fill(int offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_data.AsSpan(offset, bytes.Length));

    /// <summary>Writes a 64-bit number into the data.</summary>
    public void Set(int offset, long value) => BinaryPrimitives.WriteInt64LittleEndian(_data.AsSpan(offset), value);

    /// <summary>Writes a 32-bit number into the data.</summary>
    public void Set(int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(_data.AsSpan(offset), value);

    /// <summary>Writes the table as it has to lie at an address.</summary>
    public void Write(Span<byte> target, long address, int errorDescriptor)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, errorDescriptor);
        for (var i = 0; i < Count; i++)
            WriteStep(target.Slice(HeaderSize + i * StepSize, StepSize), i, address);
        DataFor(address).CopyTo(target[(HeaderSize + Count * StepSize)..]);
    }

    /// <summary>Writes the table as it has to lie at an address into a file, without a copy of the whole.</summary>
    /// <exception cref="LinuxException">The file cannot be written.</exception>
    public void Write(int file, long offset, long address, int errorDescriptor)
    {
        const int Portion = 40;
        Span<byte> steps = stackalloc byte[HeaderSize + Portion * StepSize];
        BinaryPrimitives.WriteInt64LittleEndian(steps, errorDescriptor);
        var filled = HeaderSize;
        for (var i = 0; i < Count; i++)
        {
            WriteStep(steps.Slice(filled, StepSize), i, address);
            filled += StepSize;
            if (filled + StepSize > steps.Length)
            {
                LinuxException.ThrowIfFailed(Files.FileCalls.WriteAt(file, steps[..filled], offset), "pwrite", "memfd");
                offset += filled;
                filled = 0;
            }
        }
        LinuxException.ThrowIfFailed(Files.FileCalls.WriteAt(file, steps[..filled], offset), "pwrite", "memfd");
        offset += filled;
        LinuxException.ThrowIfFailed(Files.FileCalls.WriteAt(file, DataFor(address), offset), "pwrite", "memfd");
    }

    /// <summary>The tag of the table that a failed step belongs to.</summary>
    public static int TagOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[(IndexOffset + 4)..]);

    /// <summary>The error of a failed step, from the record of it that was reported.</summary>
    public Exception ErrorOf(ReadOnlySpan<byte> record)
    {
        var index = Count + BinaryPrimitives.ReadInt32LittleEndian(record[IndexOffset..]);
        var result = BinaryPrimitives.ReadInt64LittleEndian(record[ResultOffset..]);
        var errno = result < 0 ? (int)-result : Errno.EPIPE;
        if (index < 0 || index >= Count)
            return new LinuxException(errno, "step " + index);
        ref var step = ref StepAt(index);
        return step.Error?.Invoke(errno) ?? new LinuxException(errno, step.Operation, step.Subject);
    }

    internal ref Step StepAt(int index) => ref _steps[index / BlockSize][index % BlockSize];

    // Every pointer is written anew for every address.
    private ReadOnlySpan<byte> DataFor(long address)
    {
        foreach (var (offset, pointed) in _pointers)
            Set(offset, AddressAt(address, pointed));
        return _data.AsSpan(0, _dataLength);
    }

    private long AddressAt(long address, long offset) =>
        address + (offset < ZeroBase ? HeaderSize + Count * StepSize + offset : (WrittenSize + 7 & -8) + (offset - ZeroBase));

    private void WriteStep(Span<byte> target, int index, long address)
    {
        ref var step = ref StepAt(index);
        BinaryPrimitives.WriteInt64LittleEndian(target, step.Number);
        var loads = 0;
        for (var i = 0; i < 6; i++)
        {
            var (kind, value) = (step.Kinds[i], step.Values[i]);
            if (kind is CallArgument.ArgumentKind.Content or CallArgument.ArgumentKind.Result)
                loads |= 1 << i;
            BinaryPrimitives.WriteInt64LittleEndian(target[(8 + i * 8)..], kind switch
            {
                CallArgument.ArgumentKind.Immediate => value,
                CallArgument.ArgumentKind.Address or CallArgument.ArgumentKind.Content => AddressAt(address, value),
                _ => address + HeaderSize + value * StepSize + ResultOffset,
            });
        }
        BinaryPrimitives.WriteInt64LittleEndian(target[ResultOffset..], 0);
        BinaryPrimitives.WriteInt32LittleEndian(target[64..], loads);
        BinaryPrimitives.WriteInt32LittleEndian(target[68..], step.ZeroFails ? 1 : 0);
        for (var i = 0; i < 4; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(target[(72 + i * 2)..], step.Tolerated[i]);
        BinaryPrimitives.WriteInt32LittleEndian(target[80..], step.SkipOnTolerated * StepSize);
        BinaryPrimitives.WriteInt32LittleEndian(target[84..], step.SkipOnPositive * StepSize);
        BinaryPrimitives.WriteInt64LittleEndian(target[IndexOffset..], (long)Tag << 32 | (uint)(index - Count));
    }

    internal struct Step
    {
        public string Operation;
        public string? Subject;
        public Func<int, Exception>? Error;
        public SixValues Values;
        public SixKinds Kinds;
        public ushort Number;
        public FourErrors Tolerated;
        public ushort SkipOnTolerated;
        public ushort SkipOnPositive;
        public bool ZeroFails;
    }

    [InlineArray(6)]
    internal struct SixValues
    {
        private long _element;
    }

    [InlineArray(6)]
    internal struct SixKinds
    {
        private CallArgument.ArgumentKind _element;
    }

    [InlineArray(4)]
    internal struct FourErrors
    {
        private ushort _element;
    }
}
