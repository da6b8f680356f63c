using System.Globalization;
using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;
using ContainerTools.Runtime.Launching;

namespace ContainerTools.Runtime.Session;

/// <summary>
/// Runs this binary again as root of an ordinary user's namespace: his own id as 0, and after it the ranges that he has (user_namespaces(7)). A process of several threads, as this
/// one is, cannot enter such a namespace; a clone of it does, and executes.
/// </summary>
internal sealed class UserSessionEntry
{
    private const int CloseOnExec = 1, SetDescriptorFlags = 2, CloseRangeCloseOnExec = 4;

    private readonly IReadOnlyList<string> _arguments;
    private readonly int _monitor;
    private readonly bool _stays;
    private readonly bool _withNetwork;

    private UserSessionEntry(IReadOnlyList<string> arguments, int monitor, bool stays, bool withNetwork = false) =>
        (_arguments, _monitor, _stays, _withNetwork) = (arguments, monitor, stays, withNetwork);

    /// <summary>Starts the command line in the namespace of a process, and leaves it to itself.</summary>
    /// <param name="arguments">The arguments, without the program's name.</param>
    /// <param name="holder">The process.</param>
    /// <exception cref="ContainerToolsException">SessionFailed.</exception>
    public static void Start(IReadOnlyList<string> arguments, int holder)
    {
        using var process = new UserSessionEntry(arguments, holder, stays: false).Enter();
    }

    /// <summary>Starts the command line in a new user namespace and a network namespace of that, and leaves it to itself.</summary>
    /// <param name="arguments">The arguments, without the program's name.</param>
    /// <returns>The process.</returns>
    /// <exception cref="ContainerToolsException">SessionFailed, IdMapFailed.</exception>
    public static int StartHolder(IReadOnlyList<string> arguments)
    {
        using var process = new UserSessionEntry(arguments, 0, stays: false, withNetwork: true).Enter();
        return process.Pid;
    }

    /// <summary>Starts the command line and waits for it; it does not outlive this process.</summary>
    /// <param name="arguments">The arguments, without the program's name.</param>
    /// <param name="monitor">A container's monitor whose namespaces are entered; 0 for new ones.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="ContainerToolsException">SessionFailed, IdMapFailed.</exception>
    public static int Run(IReadOnlyList<string> arguments, int monitor)
    {
        using var process = new UserSessionEntry(arguments, monitor, stays: true).Enter();
        return process.Reap()?.ShellCode ?? 255;
    }

    private PidFd Enter()
    {
        using var channel = Channel.Create();
        using var joined = _monitor == 0 ? null : NamespaceFile.Open(_monitor, NamespaceKinds.User);
        var socket = (int)channel.Other.DangerousGetHandle();
        var table = Table(channel, socket, joined is null ? -1 : (int)joined.DangerousGetHandle());
        TableProcess started;
        try
        {
            started = TableProcess.Start(table, socket, joined is null ? (ulong)(NamespaceKinds.User | NamespaceKinds.Mount | (_withNetwork ? NamespaceKinds.Network : NamespaceKinds.None)) : 0);
        }
        catch (LinuxException e)
        {
            throw Refused(e);
        }
        using (started)
        {
            channel.Other.Dispose();
            var process = started.Process;
            try
            {
                if (joined is null)
                {
                    var ids = SubordinateIds.Read();
                    IdMapWriter.Write(process.Pid, ids.Users, ids.Groups);
                    channel.Send([0]);
                }
                Await(channel, table);
                return process;
            }
            catch
            {
                _ = process.SendSignal(Signals.Kill);
                _ = process.Reap();
                process.Dispose();
                throw;
            }
        }
    }

    private CallTable Table(Channel channel, int socket, int joined)
    {
        const int SetDeathSignal = 1, SetMask = 2;
        var table = new CallTable { Tag = LaunchFailures.FirstTag };
        // With its copy of this process's side open it would not see this process end.
        table.Add("close", null, SystemCalls.Close, (int)channel.Own.DangerousGetHandle());
        if (joined < 0)
        {
            // Until the maps are written it has no user id, and an execve without one would take its capabilities.
            table.Add("read", "the maps", SystemCalls.Read, socket, CallArgument.AddressOf(table.Reserve(8)), 1).FailOnZero();
        }
        else
            table.Add("setns", "the user's namespace", SystemCalls.Setns, joined, (long)NamespaceKinds.User);
        ContainerTable.BecomeRoot(table);
        if (joined >= 0)
            table.Add("unshare", "mount namespace", SystemCalls.Unshare, (long)NamespaceKinds.Mount);
        if (_stays)
            table.Add("prctl(PR_SET_PDEATHSIG)", null, SystemCalls.Prctl, SetDeathSignal, Signals.Kill, 0, 0, 0);
        // What this process was given for its own work, a lock among it, is not the holder's.
        if (_withNetwork)
            table.Add("close_range", null, SystemCalls.CloseRange, 3, uint.MaxValue, CloseRangeCloseOnExec);
        table.Add("fcntl", null, SystemCalls.Fcntl, socket, SetDescriptorFlags, CloseOnExec);
        table.Add("rt_sigprocmask", null, SystemCalls.RtSigprocmask, SetMask, table.Longs(0), 0, 8);
        table.Add("execve", "the runtime", SystemCalls.Execve, table.Text("/proc/self/exe"), table.Vector(["ctrun", .. _arguments]), table.Vector(ChildProcess.OwnEnvironment()));
        return table;
    }

    // The end of the channel is the execution.
    private static void Await(Channel channel, CallTable table)
    {
        Span<byte> message = stackalloc byte[CallTable.StepSize];
        if (channel.Receive(message, out _) == CallTable.StepSize)
            throw table.ErrorOf(message) is LinuxException error ? Refused(error) : new ContainerToolsException("SessionFailed", ErrorKind.Internal, "The user's namespace could not be entered.");
    }

    private static ContainerToolsException Refused(LinuxException error)
    {
        string reason = KernelFeatures.RestrictsUserNamespaces
            ? "AppArmor keeps ordinary programs from it on this host (kernel.apparmor_restrict_unprivileged_userns). Have the administrator allow it for this program with an AppArmor profile that has 'userns,', or set that to 0"
            : !KernelFeatures.UnprivilegedUserNamespaces
                ? "this host does not let ordinary users make user namespaces (see user.max_user_namespaces and kernel.unprivileged_userns_clone)"
                : $"{LinuxException.Describe(error.Errno)} ({error.Operation})";
        return new ContainerToolsException("SessionFailed", ErrorKind.PermissionDenied, string.Create(CultureInfo.InvariantCulture, $"A user namespace for this user's containers cannot be made: {reason}."), null, error);
    }
}
