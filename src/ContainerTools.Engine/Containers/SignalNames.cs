using ContainerTools.Linux;

namespace ContainerTools.Engine.Containers;

/// <summary>Reads signals, with an error for the user.</summary>
internal static class SignalNames
{
    public static int Parse(string signal) => Signals.TryParse(signal, out int number)
        ? number
        : throw new ContainerToolsException("InvalidSignal", ErrorKind.InvalidArgument, $"'{signal}' is no signal; SIGTERM, HUP and 9 are examples of signals.", signal);
}
