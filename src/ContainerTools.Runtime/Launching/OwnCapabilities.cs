using ContainerTools.Linux;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Launching;

/// <summary>What this process may do, and so at most give (capget(2)).</summary>
internal static unsafe class OwnCapabilities
{
    private const int SysAdmin = 21;

    /// <summary>Whether this process may mount, enter namespaces and map any ids: root's work.</summary>
    public static bool CanAdministrate { get; } = (Permitted >> SysAdmin & 1) != 0;

    /// <summary>The permitted set.</summary>
    public static ulong Permitted
    {
        get
        {
            var header = stackalloc uint[] { 0x20080522, 0 };
            var data = stackalloc uint[6];
            const long Capget = 125, GenericCapget = 90;
            var number = SystemCalls.Capset == 126 ? Capget : GenericCapget;
            return NativeMethods.Syscall(number, (long)header, (long)data) < 0 ? throw LinuxException.Last("capget") : data[1] | (ulong)data[4] << 32;
        }
    }
}
