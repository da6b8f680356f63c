using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Commands;

/// <summary>The signals that end a command or tell it something, and so are meant for the process that this one stands for.</summary>
internal static class ForwardedSignals
{
    // signal(7); they are the same everywhere.
    private const int HangUp = 1, Interrupt = 2, Quit = 3, Terminate = 15, WindowChange = 28;

    /// <summary>Holds them back until there is that process, so that none is lost, or ends this process alone.</summary>
    public static SignalForwarding Begin() => new(Terminate, Interrupt, Quit, HangUp);

    /// <summary>Sends them on.</summary>
    /// <param name="signals">The signals.</param>
    /// <param name="target">The process.</param>
    /// <param name="hasTerminal">Whether it has a terminal of its own, which tells it of its size.</param>
    public static void To(this SignalForwarding signals, PidFd target, bool hasTerminal)
    {
        if (!hasTerminal)
            signals.Add(WindowChange);
        signals.SendTo(target);
    }
}
