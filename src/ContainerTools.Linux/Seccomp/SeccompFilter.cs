namespace ContainerTools.Linux.Seccomp;

/// <summary>A finished filter: what seccomp(SECCOMP_SET_MODE_FILTER, Flags, sock_fprog) takes.</summary>
public sealed class SeccompFilter
{
    private readonly byte[] _program;

    internal SeccompFilter(byte[] program, uint flags, bool needsListener)
    {
        _program = program;
        Flags = flags;
        NeedsListener = needsListener;
    }

    /// <summary>The struct sock_filter records, 8 bytes each, in the machine's byte order.</summary>
    public ReadOnlyMemory<byte> Program => _program;

    /// <summary>Number of records, sock_fprog.len.</summary>
    public ushort Count => (ushort)(_program.Length / 8);

    /// <summary>Flags of seccomp(2).</summary>
    public uint Flags { get; }

    /// <summary>Whether a rule asks a listener, so that somebody must hold its descriptor.</summary>
    public bool NeedsListener { get; }
}
