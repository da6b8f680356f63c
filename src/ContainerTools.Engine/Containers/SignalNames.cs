using ContainerTools.Linux;

namespace ContainerTools.Engine.Containers;

/// <summary>Reads signals, with an error for the user.</summary>
internal static class SignalNames
{
    /// <summary>What asks a container to stop that says nothing else.</summary>
    public const string Default = "SIGTERM";

    public static bool IsSignal(string text) => Signals.TryParse(text, out _);

    /// <summary>A container's stop signal. A record that holds none is an old one, or was written by hand: its container must be stopped and removed too.</summary>
    public static int OfStop(Container container) => Signals.TryParse(container.StopSignal, out int number) ? number : Signals.Terminate;

    public static int Parse(string signal) => Signals.TryParse(signal, out int number)
        ? number
        : throw new ContainerToolsException("InvalidSignal", ErrorKind.InvalidArgument, $"'{signal}' is no signal; SIGTERM, HUP and 9 are examples of signals.", signal);
}
