using System.Runtime.InteropServices;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Commands;

/// <summary>
/// Connects this process's streams with a container's terminal while no engine takes it: keys go there as they are, output comes back, and the window's
/// size is passed on. Where standard input is no terminal, its end is typed as Ctrl+D.
/// </summary>
internal sealed unsafe class TerminalProxy : IDisposable
{
    // ioctl_tty(2), and the kernel's struct termios: four flag words, the line discipline, 19 control characters.
    private const long GetAttributes = 0x5401, SetAttributes = 0x5402, GetWindowSize = 0x5413, SetWindowSize = 0x5414;
    private const int AttributesSize = 36;

    private readonly SafeFileHandle _master;
    private readonly byte[]? _attributes;
    private readonly int _ended = EventCalls.EventDescriptor();
    private readonly Thread _pump;
    private readonly PosixSignalRegistration _resized;

    public TerminalProxy(SafeFileHandle master)
    {
        _master = master;
        _attributes = EnterRawMode();
        PassSize();
        _resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => PassSize());
        _pump = new Thread(Pump) { IsBackground = true };
        _pump.Start();
    }

    private int Master => (int)_master.DangerousGetHandle();

    /// <summary>Passes on what is still to be read, and gives the own terminal its modes back. Called when the process has ended.</summary>
    public void Dispose()
    {
        _ = FileCalls.Write(_ended, BitConverter.GetBytes(1UL));
        _pump.Join();
        _resized.Dispose();
        _ = FileCalls.Close(_ended);
        if (_attributes is null)
            return;
        fixed (byte* p = _attributes)
            _ = NativeMethods.Syscall(SystemCalls.Ioctl, 0, SetAttributes, (long)p);
    }

    private static byte[]? EnterRawMode()
    {
        var before = new byte[AttributesSize];
        fixed (byte* p = before)
        {
            if (NativeMethods.Syscall(SystemCalls.Ioctl, 0, GetAttributes, (long)p) < 0)
                return null;
        }
        // As cfmakeraw(3).
        const uint InputOff = 0x5eb /* IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON */, OutputOff = 1 /* OPOST */, LocalOff = 0x804b /* ISIG ICANON ECHO ECHONL IEXTEN */;
        const uint ControlOff = 0x130 /* CSIZE PARENB */, EightBits = 0x30;
        var raw = (byte[])before.Clone();
        var words = MemoryMarshal.Cast<byte, uint>(raw.AsSpan());
        words[0] &= ~InputOff;
        words[1] &= ~OutputOff;
        words[2] = words[2] & ~ControlOff | EightBits;
        words[3] &= ~LocalOff;
        // Reads return with the first character: VTIME is 0, VMIN 1.
        (raw[22], raw[23]) = (0, 1);
        fixed (byte* p = raw)
            _ = NativeMethods.Syscall(SystemCalls.Ioctl, 0, SetAttributes, (long)p);
        return before;
    }

    private void PassSize()
    {
        ulong size = 0;
        if (NativeMethods.Syscall(SystemCalls.Ioctl, 0, GetWindowSize, (long)&size) == 0 || NativeMethods.Syscall(SystemCalls.Ioctl, 1, GetWindowSize, (long)&size) == 0)
            _ = NativeMethods.Syscall(SystemCalls.Ioctl, Master, SetWindowSize, (long)&size);
    }

    private void Pump()
    {
        const int Input = 0, Terminal = 1, Ended = 2;
        Span<PollEntry> entries = [Watch(0), Watch(Master), Watch(_ended)];
        Span<byte> buffer = stackalloc byte[8192];
        while (true)
        {
            var ended = entries[Ended].Descriptor < 0;
            if (EventCalls.Poll(entries, ended ? 0 : -1) <= 0)
                return;
            if (entries[Terminal].Found != 0)
            {
                // EIO: nobody has the other side open any more.
                var length = FileCalls.Read(Master, buffer);
                if (length <= 0 && ended)
                    return;
                if (length <= 0)
                    entries[Terminal] = Watch(-1);
                else
                    WriteAll(1, buffer[..length]);
            }
            if (entries[Input].Found != 0)
            {
                var length = FileCalls.Read(0, buffer);
                WriteAll(Master, length > 0 ? buffer[..length] : "\u0004"u8);
                if (length <= 0)
                    entries[Input] = Watch(-1);
            }
            if (entries[Ended].Found != 0)
            {
                entries[Ended] = Watch(-1);
                entries[Input] = Watch(-1);
            }
        }
    }

    private static PollEntry Watch(int descriptor) => new() { Descriptor = descriptor, Events = EventCalls.PollIn };

    private static void WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var written = FileCalls.Write(descriptor, bytes);
            if (written == -Errno.EINTR)
                continue;
            // Nobody reads any more; the process's own end decides.
            if (written <= 0)
                return;
            bytes = bytes[written..];
        }
    }
}
