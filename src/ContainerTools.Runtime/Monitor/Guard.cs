using System.Globalization;
using ContainerTools.Engine.Containers;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using ContainerTools.Runtime.Launching;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// A process of a few pages that stands by a settled monitor, and waits for nothing but its end: if that comes without a word, as by SIGKILL, it becomes the monitor's <see cref="Successor"/>.
/// It shares the monitor's lock and report pipe, so that for everybody else the container is monitored throughout.
/// </summary>
internal static class Guard
{
    private const int StandardInput = 0, FirstOther = MonitorArguments.LastDescriptor + 1;

    /// <summary>Starts it, unless there is one. Without it, what a killed monitor leaves waits until somebody looks.</summary>
    public static void Start(MonitorArguments options)
    {
        if (options.Guard > 0)
        {
            using (var guard = PidFd.TryOpen(options.Guard))
            {
                if (guard is not null)
                    return;
            }
            // Somebody has killed it.
            End(options);
        }
        int read = -1, write = -1;
        try
        {
            int image = options.SessionDescriptor == FirstOther ? FirstOther + 1 : FirstOther;
            int program = options.SessionDescriptor == image + 1 ? image + 2 : image + 1;
            using var file = TableImage.Create(Table(options, image, program), errorDescriptor: 2);
            using var self = FileCalls.Open("/proc/self/exe", OpenFlags.Path);
            (read, write) = EventCalls.Pipe();
            var descriptors = new Dictionary<int, int>
            {
                [StandardInput] = read,
                [MonitorArguments.ReportDescriptor] = MonitorArguments.ReportDescriptor,
                [MonitorArguments.LockDescriptor] = MonitorArguments.LockDescriptor,
                [image] = (int)file.DangerousGetHandle(),
                [program] = (int)self.DangerousGetHandle(),
            };
            if (options.SessionDescriptor >= 0)
                descriptors.Add(options.SessionDescriptor, options.SessionDescriptor);
            using var process = ChildProcess.Spawn(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{image}"), ["ctrun", "guard", options.Id],
                new SpawnOptions { Environment = [], Descriptors = descriptors });
            (options.Guard, options.GuardDescriptor) = (process.Pid, write);
            write = -1;
        }
        catch (Exception e) when (e is LinuxException or IOException)
        {
            // No room for one more process.
        }
        finally
        {
            foreach (int descriptor in new[] { read, write })
            {
                if (descriptor >= 0)
                    _ = FileCalls.Close(descriptor);
            }
        }
    }

    /// <summary>Ends it, so that nobody but this process has the lock and the report pipe.</summary>
    public static void End(MonitorArguments options)
    {
        if (options.Guard <= 0)
            return;
        // A child of this process, so its id is its own until it is collected.
        using (var process = PidFd.Open(options.Guard))
        {
            _ = process.SendSignal(Signals.Kill);
            _ = process.Reap();
        }
        options.Guard = 0;
        SetCloseOnExec(options, true);
        _ = FileCalls.Close(options.GuardDescriptor);
        options.GuardDescriptor = -1;
    }

    /// <summary>Says whether the next image of this process keeps the guard waiting.</summary>
    public static void SetCloseOnExec(MonitorArguments options, bool close)
    {
        if (options.GuardDescriptor >= 0)
            EventCalls.SetCloseOnExec(options.GuardDescriptor, close);
    }

    private static CallTable Table(MonitorArguments options, int image, int program)
    {
        const int SetMask = 2, SetDescriptorFlags = 2, CloseOnExec = 1;
        var table = new CallTable();
        // At shutdown all processes are asked to end, and the monitor is still at work then.
        table.Add("rt_sigprocmask", null, SystemCalls.RtSigprocmask, SetMask, table.Longs(-1), 0, 8);
        table.Add("read", null, SystemCalls.Read, StandardInput, CallArgument.AddressOf(table.Reserve(8)), 1);
        table.Add("fcntl", null, SystemCalls.Fcntl, image, SetDescriptorFlags, CloseOnExec);
        table.Add("fcntl", null, SystemCalls.Fcntl, program, SetDescriptorFlags, CloseOnExec);
        table.Add("rt_sigprocmask", null, SystemCalls.RtSigprocmask, SetMask, table.Longs(0), 0, 8);
        table.Add("execveat", null, SystemCalls.Execveat, program, table.Text(""), table.Vector(["ctrun", "monitor", .. Successor.Arguments(options)]), table.Vector([]), ChildSteps.EmptyPath);
        return table;
    }
}
