using System.Runtime.InteropServices;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Commands;

/// <summary>While it lives, signals that this process gets go to another one.</summary>
internal sealed class ForwardedSignals : IDisposable
{
    // signal(7); they are the same everywhere.
    private static readonly (PosixSignal Signal, int Number)[] s_signals =
        [(PosixSignal.SIGTERM, 15), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGHUP, 1), (PosixSignal.SIGWINCH, 28)];

    private readonly List<PosixSignalRegistration> _registrations = [];

    public ForwardedSignals(PidFd target)
    {
        foreach (var (signal, number) in s_signals)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                try
                {
                    target.SendSignal(number);
                }
                catch (Exception e) when (e is LinuxException or ObjectDisposedException)
                {
                    // It has ended, and this process is about to.
                }
            }));
        }
    }

    /// <summary>The numbers of these signals.</summary>
    public static int[] Numbers => [.. s_signals.Select(s => s.Number)];

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }
}
