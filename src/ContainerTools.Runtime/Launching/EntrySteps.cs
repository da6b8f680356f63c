using System.Globalization;
using System.Text;
using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Namespaces;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// The steps that take the container's process into namespaces that the clone could not put it into: a user or mount namespace by path, and a time
/// namespace. In an image of its own it is the single thread with memory of its own that setns(2) asks for.
/// </summary>
internal static class EntrySteps
{
    /// <summary>Adds them.</summary>
    /// <param name="table">The table.</param>
    /// <param name="namespaces">What the document wants.</param>
    /// <param name="offsets">Offsets of a new time namespace's clocks.</param>
    /// <param name="layout">The descriptors.</param>
    /// <param name="open">Opens a namespace by path for the process, which keeps the descriptor.</param>
    public static void Add(CallTable table, NamespacePlan namespaces, Dictionary<string, LinuxTimeOffset>? offsets, DescriptorLayout layout, Func<string, int> open)
    {
        // All opened first: later the paths may lead elsewhere.
        var user = namespaces.UserPath is { } userPath ? open(userPath) : -1;
        var mount = namespaces.MountPath is { } mountPath ? open(mountPath) : -1;
        var time = namespaces.TimePath is { } timePath ? open(timePath) : -1;
        if (user >= 0)
            EnterUser(table, namespaces, user, layout);
        if (namespaces.HasNew(NamespaceKinds.Time))
            MakeTime(table, offsets ?? []);
        else if (time >= 0)
            Enter(table, time, NamespaceKinds.Time, namespaces.TimePath!);
        if (mount >= 0)
            Enter(table, mount, NamespaceKinds.Mount, namespaces.MountPath!);
    }

    /// <summary>Adds entering an open namespace.</summary>
    public static void Enter(CallTable table, int descriptor, NamespaceKinds kind, string path) =>
        table.Add("setns", path, SystemCalls.Setns, descriptor, (long)kind).OnError(errno => new ContainerToolsException("NamespaceNotJoinable", ErrorKind.InvalidArgument,
            $"The {kind} namespace '{path}' cannot be joined: {LinuxException.Describe(errno)}.", path));

    private static void EnterUser(CallTable table, NamespacePlan namespaces, int user, DescriptorLayout layout)
    {
        Enter(table, user, NamespaceKinds.User, namespaces.UserPath!);
        ContainerTable.BecomeRoot(table);
        // They belong to the user namespace of whoever makes them: so only now.
        var made = namespaces.New & ~(NamespaceKinds.Cgroup | NamespaceKinds.Time);
        if (made != NamespaceKinds.None)
            table.Add("unshare", "namespaces", SystemCalls.Unshare, (long)made);
        if (namespaces.ClonesAgain)
            AddClone(table, layout);
        Channel.AddMessage(table, layout.Socket, (byte)LaunchMessage.Entered);
    }

    /// <summary>Adds a clone that goes on in the process's place: only a new process is in the PID namespace that was made or entered.</summary>
    public static void AddClone(CallTable table, DescriptorLayout layout)
    {
        const int SameParent = 0x8000, ChildSignal = 17;
        // The clone goes on with the second step, its parent with the third: it reports the clone's id and ends.
        var clone = table.Add("clone", "the first process", SystemCalls.Clone, SameParent | ChildSignal, 0, 0, 0, 0).SkipOnPositive(1);
        table.Add("getpid", null, SystemCalls.Getpid).SkipOnPositive(2);
        table.Add("write", "the process id", SystemCalls.Write, layout.Socket, CallArgument.AddressOf(clone), LaunchFailures.ProcessIdSize);
        table.Add("exit_group", null, SystemCalls.ExitGroup, 0);
    }

    private static void MakeTime(CallTable table, Dictionary<string, LinuxTimeOffset> offsets)
    {
        const int WriteOnly = 1, ReadOnly = 0;
        table.Add("unshare", "time namespace", SystemCalls.Unshare, (long)NamespaceKinds.Time).OnError(errno => new ContainerToolsException("NamespaceNotSupported", ErrorKind.NotSupported,
            $"A time namespace cannot be made: {LinuxException.Describe(errno)}{(errno == Errno.EINVAL ? "; this kernel has none (Linux 5.6 has)" : "")}."));
        if (offsets.Count > 0)
        {
            var text = new StringBuilder();
            foreach (var (clock, offset) in offsets)
            {
                if (clock is not ("monotonic" or "boottime"))
                    throw NamespacePlan.Invalid($"it sets the clock '{clock}'; those of a time namespace are monotonic and boottime");
                text.Append(CultureInfo.InvariantCulture, $"{clock} {offset.Secs} {offset.Nanosecs}\n");
            }
            // All clocks in one write, while the namespace is still empty.
            var bytes = Encoding.ASCII.GetBytes(text.ToString());
            var file = table.Add("open", "/proc/self/timens_offsets", SystemCalls.Openat, ChildSteps.CurrentDirectory, table.Text("/proc/self/timens_offsets"), WriteOnly, 0);
            table.Add("write", "/proc/self/timens_offsets", SystemCalls.Write, file, table.Bytes(bytes), bytes.Length).OnError(errno => new ContainerToolsException("TimeOffsetsInvalid",
                ErrorKind.InvalidArgument, $"The clocks cannot be set to '{text.Replace('\n', ' ')}': {LinuxException.Describe(errno)}."));
        }
        // Making it moves only children; entering moves the process itself.
        var made = table.Add("open", "/proc/self/ns/time_for_children", SystemCalls.Openat, ChildSteps.CurrentDirectory, table.Text("/proc/self/ns/time_for_children"), ReadOnly, 0);
        table.Add("setns", "the new time namespace", SystemCalls.Setns, made, (long)NamespaceKinds.Time);
    }
}
