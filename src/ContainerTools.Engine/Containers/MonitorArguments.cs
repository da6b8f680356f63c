using System.Globalization;
using ContainerTools.Engine.Networks;
using ContainerTools.Linux.Events;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// The command line of <c>ctrun monitor</c>. The monitor gets two descriptors beside the standard ones, which are /dev/null: the pipe for its report, and the
/// open, locked monitor.lock.
/// </summary>
public sealed class MonitorArguments
{
    /// <summary>Descriptor of the report pipe. It stays open until the end of the container is on record.</summary>
    public const int ReportDescriptor = 3;

    /// <summary>Descriptor of monitor.lock.</summary>
    public const int LockDescriptor = 4;

    /// <summary>
    /// The byte of monitor.lock on which a monitor keeps a lock of its own, in the same open file, while it holds the container's root file system mounted: a little longer than the container's
    /// life is its to change. The next start waits for it, since two overlays must not share a writable layer.
    /// </summary>
    public const int RootLockOffset = 1;

    /// <summary>The highest of these numbers.</summary>
    public const int LastDescriptor = LockDescriptor;

    /// <summary>Where a monitor that waits is sent its arguments, and with them the descriptors: for the report, the lock and, if there is one, standard input.</summary>
    public const int CallDescriptor = 3;

    /// <summary>The only argument of a monitor that waits for the others.</summary>
    public const string Wait = "--wait";

    /// <summary>How the first argument in a message begins that lets it get ready; the number of the sender's processor follows. The document comes next, then the arguments.</summary>
    public const string Prepare = "--prepare-beside=";

    /// <summary>The first argument in a message that lets it go through all that without making anything: an earlier container's document comes next, then the arguments.</summary>
    public const string Rehearse = "--rehearse";

    /// <summary>The first argument of a call for which it got ready.</summary>
    public const string Ready = "--ready";

    /// <summary>The longest of these messages, in bytes.</summary>
    public const int LongestMessage = 64 * 1024;

    /// <summary>The store's root.</summary>
    public string Root { get; set; } = "";

    /// <summary>The root of run state.</summary>
    public string RunRoot { get; set; } = "";

    /// <summary>The container's id.</summary>
    public string Id { get; set; } = "";

    /// <summary>Another runtime's path; null for the built-in one.</summary>
    public string? Runtime { get; set; }

    /// <summary>Path of the control group, below each hierarchy's mount point.</summary>
    public string CgroupPath { get; set; } = "";

    /// <summary>Whether the container is removed when it has ended.</summary>
    public bool AutoRemove { get; set; }

    /// <summary>Size at which the log is rotated, in bytes; 0 for no limit.</summary>
    public long LogMaxSize { get; set; }

    /// <summary>Number of log files kept.</summary>
    public int LogMaxFiles { get; set; } = 1;

    /// <summary>PID 1, once it is there; for the watcher.</summary>
    public int Pid { get; set; }

    /// <summary>The reading end of the container's standard output; for the watcher.</summary>
    public int OutputDescriptor { get; set; } = -1;

    /// <summary>The reading end of the container's standard error; for the watcher.</summary>
    public int ErrorDescriptor { get; set; } = -1;

    /// <summary>Whether the container's standard input can be fed.</summary>
    public bool Interactive { get; set; }

    /// <summary>Whether standard input of the monitor is what the container gets for the first run, since somebody is there to feed it.</summary>
    public bool Attached { get; set; }

    /// <summary>A socket that is sent the master side of the container's terminal, and then what is shown; null when nobody is there to work with it.</summary>
    public string? ConsoleSocket { get; set; }

    /// <summary>Whether <see cref="ConsoleSocket"/> is sent what a container without a terminal writes to its standard output, byte for byte. As long as somebody takes it, it is not in the log.</summary>
    public bool RawOutput { get; set; }

    /// <summary>The terminal's size at first: rows.</summary>
    public int Rows { get; set; } = 24;

    /// <summary>The terminal's size at first: columns.</summary>
    public int Columns { get; set; } = 80;

    /// <summary>The writing end of the container's standard input, held open while nobody feeds it; for the watcher. -1 for none.</summary>
    public int InputDescriptor { get; set; } = -1;

    /// <summary>The connections to those who work with the terminal; for the watcher.</summary>
    public IReadOnlyList<int> ConsoleDescriptors { get; set; } = [];

    /// <summary>The socket by which more of them come, or those who feed the standard input; for the watcher. -1 for none.</summary>
    public int AttachDescriptor { get; set; } = -1;

    /// <summary>Descriptor of the lock by which an ordinary user's session stays; -1 for root.</summary>
    public int SessionDescriptor { get; set; } = -1;

    /// <summary>The container's root file system, held so that it goes only after its end was told; for the watcher. -1 for none.</summary>
    public int RootDescriptor { get; set; } = -1;

    /// <summary>What holds the container's published ports; for the watcher.</summary>
    public HeldPorts HeldPorts { get; set; } = new();

    /// <summary>Whether the container has run for a while, and this is the monitor's second image.</summary>
    public bool Settled { get; set; }

    /// <summary>When PID 1 was started: <see cref="Environment.TickCount64"/>, which is the same in all processes.</summary>
    public long StartedAt { get; set; }

    /// <summary>How many times the restart policy has started the container since somebody did.</summary>
    public int Restarts { get; set; }

    /// <summary>Whether the container has health checks.</summary>
    public bool Health { get; set; }

    /// <summary>How long the last restart was put off, in milliseconds.</summary>
    public int Delay { get; set; }

    /// <summary>Whether the container may belong to the shell that reads the report, and end with it.</summary>
    public bool Bound { get; set; }

    /// <summary>Whether the monitor of a container that runs was killed, and this one takes its place.</summary>
    public bool IsSuccessor { get; set; }

    /// <summary>The process that waits for the monitor's end, to take its place; 0 for none.</summary>
    public int Guard { get; set; }

    /// <summary>The pipe's end by which that process sees the monitor live; -1 for none.</summary>
    public int GuardDescriptor { get; set; } = -1;

    /// <summary>Says whether the next image of this process, or another program, gets the two descriptors.</summary>
    public static void SetCloseOnExec(bool close)
    {
        EventCalls.SetCloseOnExec(LockDescriptor, close);
        EventCalls.SetCloseOnExec(ReportDescriptor, close);
    }

    /// <summary>The container's directory.</summary>
    public string Directory => Path.Combine(Root, "containers", Id);

    /// <summary>The arguments, without the program's name and the command's.</summary>
    public IEnumerable<string> ToArguments()
    {
        yield return $"--store={Root}";
        yield return $"--run={RunRoot}";
        yield return $"--id={Id}";
        yield return $"--cgroup={CgroupPath}";
        if (Runtime is not null)
            yield return $"--runtime={Runtime}";
        if (AutoRemove)
            yield return "--remove";
        if (LogMaxSize > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"--log-size={LogMaxSize}");
            yield return string.Create(CultureInfo.InvariantCulture, $"--log-files={LogMaxFiles}");
        }
        if (SessionDescriptor >= 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"--session={SessionDescriptor}");
        if (Bound)
            yield return "--bound";
        if (IsSuccessor)
            yield return "--successor";
        if (Guard > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"--guard={Guard}");
            yield return string.Create(CultureInfo.InvariantCulture, $"--guard-pipe={GuardDescriptor}");
        }
        if (Health)
            yield return "--health";
        if (Interactive)
            yield return "--interactive";
        if (Attached)
            yield return "--attached";
        if (RawOutput)
            yield return "--raw-output";
        if (ConsoleSocket is not null)
        {
            yield return $"--console-socket={ConsoleSocket}";
            yield return string.Create(CultureInfo.InvariantCulture, $"--rows={Rows}");
            yield return string.Create(CultureInfo.InvariantCulture, $"--columns={Columns}");
        }
        if (Restarts > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"--restarts={Restarts}");
            yield return string.Create(CultureInfo.InvariantCulture, $"--delay={Delay}");
        }
        if (Pid > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"--started={StartedAt}");
            yield return string.Create(CultureInfo.InvariantCulture, $"--pid={Pid}");
            yield return string.Create(CultureInfo.InvariantCulture, $"--output={OutputDescriptor}");
            yield return string.Create(CultureInfo.InvariantCulture, $"--error={ErrorDescriptor}");
            if (InputDescriptor >= 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"--input={InputDescriptor}");
            if (RootDescriptor >= 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"--root={RootDescriptor}");
            if (HeldPorts.Count > 0)
                yield return $"--ports={HeldPorts}";
            foreach (int descriptor in ConsoleDescriptors)
                yield return string.Create(CultureInfo.InvariantCulture, $"--console={descriptor}");
            if (AttachDescriptor >= 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"--attach={AttachDescriptor}");
            if (Settled)
                yield return "--settled";
        }
    }

    /// <summary>Reads what <see cref="ToArguments"/> wrote.</summary>
    /// <exception cref="ArgumentException">An argument is not known.</exception>
    public static MonitorArguments Parse(IEnumerable<string> arguments)
    {
        var result = new MonitorArguments();
        foreach (string argument in arguments)
        {
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string value = equals < 0 ? "" : argument[(equals + 1)..];
            switch (equals < 0 ? argument : argument[..equals])
            {
                case "--store": result.Root = value; break;
                case "--run": result.RunRoot = value; break;
                case "--id": result.Id = value; break;
                case "--cgroup": result.CgroupPath = value; break;
                case "--runtime": result.Runtime = value; break;
                case "--remove": result.AutoRemove = true; break;
                case "--log-size": result.LogMaxSize = long.Parse(value, CultureInfo.InvariantCulture); break;
                case "--log-files": result.LogMaxFiles = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--session": result.SessionDescriptor = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--bound": result.Bound = true; break;
                case "--successor": result.IsSuccessor = true; break;
                case "--guard": result.Guard = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--guard-pipe": result.GuardDescriptor = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--health": result.Health = true; break;
                case "--interactive": result.Interactive = true; break;
                case "--attached": result.Attached = true; break;
                case "--raw-output": result.RawOutput = true; break;
                case "--console-socket": result.ConsoleSocket = value; break;
                case "--rows": result.Rows = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--columns": result.Columns = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--input": result.InputDescriptor = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--root": result.RootDescriptor = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--ports": result.HeldPorts = HeldPorts.Inherit(value); break;
                case "--console": result.ConsoleDescriptors = [.. result.ConsoleDescriptors, int.Parse(value, CultureInfo.InvariantCulture)]; break;
                case "--attach": result.AttachDescriptor = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--started": result.StartedAt = long.Parse(value, CultureInfo.InvariantCulture); break;
                case "--restarts": result.Restarts = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--delay": result.Delay = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--settled": result.Settled = true; break;
                case "--pid": result.Pid = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--output": result.OutputDescriptor = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--error": result.ErrorDescriptor = int.Parse(value, CultureInfo.InvariantCulture); break;
                default: throw new ArgumentException($"'{argument}' is no argument of the monitor.", nameof(arguments));
            }
        }
        return result.Id.Length > 0 && result.Root.Length > 0 ? result : throw new ArgumentException("The monitor needs --store and --id.", nameof(arguments));
    }
}
