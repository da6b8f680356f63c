using System.Runtime.InteropServices;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Init;

/// <summary>Passes on the signals that this process gets, also those that come before there is a process to pass them to.</summary>
internal sealed class SignalRelay : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly List<int> _early = [];
    private PidFd? _target;

    public SignalRelay()
    {
        foreach (int number in InitSignals.All)
            _registrations.Add(Register(number));
        InitSignals.Unblock();
    }

    /// <summary>Names the process that signals go to.</summary>
    public void Begin(PidFd target)
    {
        lock (_lock)
        {
            _target = target;
            foreach (int number in _early)
                Send(target, number);
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _target = null;
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private PosixSignalRegistration Register(int number) => PosixSignalRegistration.Create((PosixSignal)number, context =>
    {
        context.Cancel = true;
        lock (_lock)
        {
            if (_target is { } target)
                Send(target, number);
            else
                _early.Add(number);
        }
    });

    private static void Send(PidFd target, int number)
    {
        try
        {
            target.SendSignal(number);
        }
        catch (LinuxException)
        {
            // A program that changed its user, which only an ordinary user's init can meet.
        }
    }
}
