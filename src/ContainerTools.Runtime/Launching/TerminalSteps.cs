using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>The steps that make a terminal inside the container, hand its master side to the runtime and attach the process to it (pty(7), ioctl_tty(2)).</summary>
internal static class TerminalSteps
{
    private const long LockTerminal = 0x40045431, OpenPeer = 0x5441, SetWindowSize = 0x5414, SetControlling = 0x540e;
    private const int ReadWrite = 2, NoControllingTerminal = 0x100, CloseOnExec = 0x80000, ResolveInRoot = 0x10;

    /// <summary>Adds them.</summary>
    /// <param name="steps">The table.</param>
    /// <param name="process">The document's process.</param>
    /// <param name="user">Who the terminal belongs to.</param>
    /// <param name="layout">The descriptors.</param>
    /// <param name="withConsole">Whether /dev/console is the terminal too.</param>
    public static void Add(ChildSteps steps, ProcessSpec process, UserData user, DescriptorLayout layout, bool withConsole)
    {
        var table = steps.Table;
        var master = table.Add("open in the container", "/dev/pts/ptmx", SystemCalls.Openat2, steps.Root, table.Text("dev/pts/ptmx"),
            table.Longs(ReadWrite | NoControllingTerminal | CloseOnExec, 0, ResolveInRoot), 24);
        table.Add("ioctl(TIOCSPTLCK)", null, SystemCalls.Ioctl, master, LockTerminal, table.Longs(0));
        var slave = table.Add("ioctl(TIOCGPTPEER)", null, SystemCalls.Ioctl, master, OpenPeer, ReadWrite | NoControllingTerminal | CloseOnExec);
        table.Add("fchownat", "terminal", SystemCalls.Fchownat, slave, table.Text(""), user.UserId, -1, ChildSteps.EmptyPath);
        if (process.ConsoleSize is { Width: > 0, Height: > 0 } size)
        {
            // struct winsize: rows, columns, two unused, 16 bits each
            table.Add("ioctl(TIOCSWINSZ)", null, SystemCalls.Ioctl, master, SetWindowSize, table.Integers((size.Height & 0xffff) | size.Width << 16, 0));
        }
        if (withConsole)
            steps.Attach(steps.Clone(slave, "/dev/console", recursive: false), steps.MakeFile("/dev/console", symbolicLinks: false), "/dev/console");
        for (var i = 0; i < 3; i++)
            table.Add("dup3", "terminal", SystemCalls.Dup3, slave, i, 0);
        table.Add("ioctl(TIOCSCTTY)", null, SystemCalls.Ioctl, 0, SetControlling, 0);
        table.Add("dup3", "terminal", SystemCalls.Dup3, master, layout.Spare, CloseOnExec);
        Channel.AddMessage(table, layout.Socket, (byte)LaunchMessage.Terminal, layout.Spare);
    }
}
