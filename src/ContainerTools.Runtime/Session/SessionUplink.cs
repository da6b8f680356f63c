using System.Globalization;
using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Session;

/// <summary>
/// The program that connects an ordinary user's network namespace with the host's network, by sockets of the host: pasta(1), or slirp4netns(1) where that is not there. Ports are
/// published by the runtime itself, so neither forwards any.
/// </summary>
internal static class SessionUplink
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Starts it for the namespaces of a process, and returns when the network is there.</summary>
    /// <exception cref="ContainerToolsException">NetworkProgramMissing, NetworkProgramFailed.</exception>
    public static (int Pid, ulong Start) Start(string runRoot, int holder)
    {
        if (InstalledProgram.Find("pasta") is { } pasta)
            return StartPasta(pasta, runRoot, holder);
        if (InstalledProgram.Find("slirp4netns") is { } slirp)
            return StartSlirp(slirp, runRoot, holder);
        throw new ContainerToolsException("NetworkProgramMissing", ErrorKind.NotFound,
            "An ordinary user's containers reach the network through the program pasta or slirp4netns, and neither is installed. Have the administrator install the package 'passt' (or 'slirp4netns'), or use -Network none.");
    }

    private static (int, ulong) StartPasta(string program, string runRoot, int holder)
    {
        // Its default lets the gateway's address lead to this host's loopback addresses, which are not for containers.
        string[] arguments = ["pasta", "--config-net", "--quiet", "--stderr", "--foreground", "--no-map-gw", "-t", "none", "-u", "none", "-T", "none", "-U", "none",
            "--userns", Namespace(holder, "user"), "--netns", Namespace(holder, "net")];
        // A file and no pipe: what it says later, when nobody reads, must not end it.
        using var errors = OpenLog(runRoot);
        using var process = Spawn(program, arguments, new Dictionary<int, int> { [2] = (int)errors.DangerousGetHandle() });
        // It says nothing when it is ready: a route in the namespace does.
        return Await(process, errors, "pasta", () => HasLink(holder));
    }

    private static (int, ulong) StartSlirp(string program, string runRoot, int holder)
    {
        const int Ready = 3;
        using var errors = OpenLog(runRoot);
        var (readyRead, readyWrite) = EventCalls.Pipe();
        string[] arguments = ["slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", "--ready-fd=3", "--netns-type=path", $"--userns-path={Namespace(holder, "user")}",
            Namespace(holder, "net"), "tap0"];
        using var process = Spawn(program, arguments, new Dictionary<int, int> { [2] = (int)errors.DangerousGetHandle(), [Ready] = readyWrite });
        _ = FileCalls.Close(readyWrite);
        try
        {
            return Await(process, errors, "slirp4netns", () =>
            {
                Span<PollEntry> entries = [new() { Descriptor = readyRead, Events = EventCalls.PollIn }];
                return EventCalls.Poll(entries, 0) > 0 && (entries[0].Found & EventCalls.PollIn) != 0;
            });
        }
        finally
        {
            _ = FileCalls.Close(readyRead);
        }
    }

    private static SafeFileHandle OpenLog(string runRoot)
    {
        var file = FileCalls.Open(Path.Combine(runRoot, "session.log"), OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Append);
        RandomAccess.SetLength(file, 0);
        return file;
    }

    private static string Namespace(int holder, string name) => string.Create(CultureInfo.InvariantCulture, $"/proc/{holder}/ns/{name}");

    private static PidFd Spawn(string program, string[] arguments, Dictionary<int, int> descriptors)
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        descriptors[0] = descriptors[1] = (int)nothing.DangerousGetHandle();
        return ChildProcess.Spawn(program, arguments, new SpawnOptions { NewSession = true, WorkingDirectory = "/", Descriptors = descriptors });
    }

    private static (int, ulong) Await(PidFd process, SafeFileHandle errors, string name, Func<bool> isReady)
    {
        var start = PidFd.ReadStartTime(process.Pid) ?? 0;
        var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        for (var pause = 2; !process.HasExited && Environment.TickCount64 < deadline; pause = Math.Min(pause * 2, 50))
        {
            if (isReady())
                return (process.Pid, start);
            Thread.Sleep(pause);
        }
        Span<byte> buffer = stackalloc byte[4096];
        var text = System.Text.Encoding.UTF8.GetString(buffer[..RandomAccess.Read(errors, buffer, 0)]).Trim().ReplaceLineEndings("; ");
        _ = process.SendSignal(Signals.Kill);
        _ = process.Reap();
        var hint = FileCalls.IsWritable("/dev/net/tun") ? "" : " This user may not open /dev/net/tun, which it needs: have the administrator make it accessible (chmod 666 /dev/net/tun).";
        throw new ContainerToolsException("NetworkProgramFailed", ErrorKind.Unavailable,
            $"The program {name}, which connects an ordinary user's containers with the network, {(text.Length > 0 ? $"ended: {text}." : "did not begin its work.")}{hint}");
    }

    // Any interface beside the loopback one that is up and has an address: what the process sees below /proc/PID/net is its own network namespace.
    private static bool HasLink(int holder)
    {
        try
        {
            // A host without IPv4 gives the namespace none.
            return File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{holder}/net/route")).Skip(1).Any()
                || (!File.ReadLines("/proc/self/net/route").Skip(1).Any() && File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{holder}/net/dev")).Count() > 3);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
