namespace ContainerTools.Linux.Processes;

/// <summary>A child made by a raw clone3(2) that runs a <see cref="CallTable"/> in this process's memory until it executes a program or ends.</summary>
internal sealed unsafe class TableProcess : IDisposable
{
    private const ulong CloneVm = 0x100, ClonePidFd = 0x1000, ClearSignalHandlers = 0x1_0000_0000, CloneIntoCgroup = 0x2_0000_0000, SigChld = 17;

    private nint _memory;
    private readonly nuint _size;

    private TableProcess(PidFd process, nint memory, nuint size)
    {
        Process = process;
        _memory = memory;
        _size = size;
    }

    /// <summary>The child; it stays open when this object is disposed.</summary>
    public PidFd Process { get; }

    /// <summary>Clones and starts the table. The child has every signal blocked and a copy of this process's descriptors.</summary>
    /// <param name="table">What it does; its last step must execute a program or end the process.</param>
    /// <param name="errorDescriptor">Where a failed step is written to.</param>
    /// <param name="namespaceFlags">CLONE_NEW* flags.</param>
    /// <param name="cgroup">A directory of the version 2 tree that the child begins in, or -1. To move there later takes the kernel up to 20 ms.</param>
    /// <exception cref="LinuxException">No process or namespace could be made.</exception>
    public static TableProcess Start(CallTable table, int errorDescriptor, ulong namespaceFlags, int cgroup = -1)
    {
        const int ReadWrite = 3, PrivateAnonymous = 0x22, SetMask = 2;
        var size = (nuint)table.Size;
        var memory = NativeMethods.Mmap(0, size, ReadWrite, PrivateAnonymous, -1, 0);
        if (memory == -1)
            throw LinuxException.Last("mmap");
        table.Write(new Span<byte>((void*)memory, table.Size), memory, errorDescriptor);
        ulong all = ulong.MaxValue, before = 0;
        var pidFd = -1;
        // Its stack is this process's, which a handler would write to as soon as the table lets a signal through.
        var arguments = new CloneArguments { Flags = CloneVm | ClonePidFd | ClearSignalHandlers | namespaceFlags, PidFd = &pidFd, ExitSignal = SigChld };
        if (cgroup >= 0)
        {
            arguments.Flags |= CloneIntoCgroup;
            arguments.Cgroup = (ulong)cgroup;
        }
        _ = NativeMethods.Syscall(SystemCalls.RtSigprocmask, SetMask, (long)&all, (long)&before, sizeof(ulong));
        var pid = MachineCode.Clone(&arguments, (void*)memory);
        _ = NativeMethods.Syscall(SystemCalls.RtSigprocmask, SetMask, (long)&before, 0, sizeof(ulong));
        if (pid < 0)
        {
            _ = NativeMethods.Munmap(memory, size);
            throw new LinuxException((int)-pid, "clone3");
        }
        return new TableProcess(PidFd.FromDescriptor(pidFd, (int)pid), memory, size);
    }

    /// <summary>Frees the table's memory. The child must have executed its program or ended.</summary>
    public void Dispose()
    {
        // Twice would unmap what lies there by then.
        if (_memory != 0)
            _ = NativeMethods.Munmap(_memory, _size);
        _memory = 0;
    }
}
