using ContainerTools.Linux.Processes;

namespace ContainerTools.Linux.Terminals;

/// <summary>Puts a terminal into raw mode (cfmakeraw(3): every key as it is pressed, nothing shown, nothing translated), and back when disposed.</summary>
public sealed unsafe class TerminalMode : IDisposable
{
    // The kernel's struct termios: four words of flags, a line discipline, 19 control characters.
    internal const int Size = 36;

    private const long GetAttributes = 0x5401, SetAfterOutput = 0x5403;
    private const int InputFlags = 0, OutputFlags = 1, ControlFlags = 2, LocalFlags = 3;
    private const uint InputProcessing = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400; // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON
    private const uint OutputProcessing = 0x1;                                                // OPOST
    private const uint Lines = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;                               // ISIG ICANON ECHO ECHONL IEXTEN
    private const uint CharacterSize = 0x30, Parity = 0x100, EightBits = 0x30;
    private const int CharactersOffset = 17, Time = 5, Minimum = 6;

    private readonly int _fd;
    private readonly byte[] _before = new byte[Size];

    private TerminalMode(int fd) => _fd = fd;

    /// <summary>Makes a terminal raw.</summary>
    /// <param name="fd">The terminal.</param>
    /// <exception cref="LinuxException">It is none.</exception>
    public static TerminalMode MakeRaw(int fd)
    {
        var mode = new TerminalMode(fd);
        fixed (byte* before = mode._before)
        {
            if (NativeMethods.Syscall(SystemCalls.Ioctl, fd, GetAttributes, (long)before) < 0)
                throw LinuxException.Last("ioctl(TCGETS)");
        }
        var raw = stackalloc byte[Size];
        mode._before.CopyTo(new Span<byte>(raw, Size));
        var flags = (uint*)raw;
        flags[InputFlags] &= ~InputProcessing;
        flags[OutputFlags] &= ~OutputProcessing;
        flags[LocalFlags] &= ~Lines;
        flags[ControlFlags] = (flags[ControlFlags] & ~(CharacterSize | Parity)) | EightBits;
        raw[CharactersOffset + Minimum] = 1;
        raw[CharactersOffset + Time] = 0;
        if (NativeMethods.Syscall(SystemCalls.Ioctl, fd, SetAfterOutput, (long)raw) < 0)
            throw LinuxException.Last("ioctl(TCSETSW)");
        return mode;
    }

    /// <summary>Gives the terminal its mode back.</summary>
    public void Dispose()
    {
        fixed (byte* before = _before)
            _ = NativeMethods.Syscall(SystemCalls.Ioctl, _fd, SetAfterOutput, (long)before);
    }
}
