namespace ContainerTools.Linux.Processes;

/// <summary>One argument of a prepared system call.</summary>
internal readonly struct CallArgument
{
    private CallArgument(ArgumentKind kind, long value)
    {
        Kind = kind;
        Value = value;
    }

    internal enum ArgumentKind : byte
    {
        /// <summary>The value itself.</summary>
        Immediate,

        /// <summary>The address of data in the table; the value is its offset.</summary>
        Address,

        /// <summary>The 32 bits that lie at an offset in the data when the call is made, sign-extended.</summary>
        Content,

        /// <summary>What an earlier step returned; the value is its index.</summary>
        Result,

        /// <summary>The address of what an earlier step returned.</summary>
        ResultAddress,
    }

    public ArgumentKind Kind { get; }

    public long Value { get; }

    public static implicit operator CallArgument(long value) => new(ArgumentKind.Immediate, value);

    public static implicit operator CallArgument(int value) => new(ArgumentKind.Immediate, value);

    public static implicit operator CallArgument(uint value) => new(ArgumentKind.Immediate, value);

    public static implicit operator CallArgument(CallStep step) => new(ArgumentKind.Result, step.Index);

    public static CallArgument AddressOf(int offset) => new(ArgumentKind.Address, offset);

    public static CallArgument ContentOf(int offset) => new(ArgumentKind.Content, offset);

    public static CallArgument AddressOf(CallStep step) => new(ArgumentKind.ResultAddress, step.Index);
}
