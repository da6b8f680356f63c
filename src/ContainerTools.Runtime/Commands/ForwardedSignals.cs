using System.Runtime.InteropServices;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Commands;

/// <summary>While it lives, signals that this process gets go to another one.</summary>
internal sealed class ForwardedSignals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    public ForwardedSignals(PidFd target)
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP, PosixSignal.SIGWINCH })
        {
            var number = signal switch
            {
                PosixSignal.SIGTERM => 15,
                PosixSignal.SIGINT => 2,
                PosixSignal.SIGQUIT => 3,
                PosixSignal.SIGHUP => 1,
                _ => 28,
            };
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

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }
}
