using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Engine.Containers;

/// <summary>One command run in a container through the runtime's <c>exec</c>.</summary>
internal sealed partial class ExecSession(string runtimePath, string runRoot, string directory, ContainerConfiguration configuration, int monitor, ExecOptions options)
{
    private const int HeldMilliseconds = 50;

    private readonly List<int> _open = [];

    /// <summary>Runs the command and hands its lines out as they come.</summary>
    /// <returns>Its exit code.</returns>
    public int Run(Action<ContainerStream, string> output, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (options.Terminal)
            return RunInTerminal((master, process) => PumpTerminal(master, process, output, cancellationToken), cancellationToken);
        try
        {
            var (outRead, outWrite) = Pipe();
            var (errorRead, errorWrite) = Pipe();
            var (reportRead, reportWrite) = Pipe();
            int input, inputWrite = -1;
            if (options.StandardInput is null)
                input = Track(LinuxException.ThrowIfFailed(FileCalls.OpenAt(FileCalls.WorkingDirectory, "/dev/null\0"u8, OpenFlags.ReadOnly), "open", "/dev/null"));
            else
                (input, inputWrite) = Pipe();
            using var process = Spawn(Arguments(), input, outWrite, errorWrite, reportWrite);
            foreach (int fd in new[] { outWrite, errorWrite, reportWrite, input })
                Close(fd);
            if (inputWrite >= 0)
                StartInput(inputWrite);
            string report = "";
            try
            {
                report = Pump(process, options.StandardOutput, outRead, errorRead, reportRead, configuration.Runtime is not null, output, cancellationToken);
            }
            catch
            {
                // Nobody reads any more, or the caller has enough: the command ends too.
                Kill(process);
                throw;
            }
            var status = process.Reap();
            if (report.Length > 0)
                ExecReport.Throw(report, configuration.Name, options);
            return status?.ShellCode ?? 255;
        }
        finally
        {
            foreach (int fd in _open)
                _ = FileCalls.Close(fd);
        }
    }

    /// <summary>Starts the command and leaves it to itself.</summary>
    /// <returns>0.</returns>
    public int RunDetached(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            using var process = SpawnWithoutStreams(Arguments(detach: true), out int report);
            try
            {
                _ = process.WaitForExit(null, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Kill(process);
                throw;
            }
            int code = process.Reap()?.ShellCode ?? 255;
            ExecReport.Throw(ReadReport(report), configuration.Name, options);
            return code == 0 ? 0 : throw new ContainerToolsException("ContainerExecFailed", ErrorKind.Internal, $"The command could not be started: the runtime ended with {code}.", configuration.Name);
        }
        finally
        {
            foreach (int fd in _open)
                _ = FileCalls.Close(fd);
        }
    }

    /// <summary>Starts the runtime with nothing to read and nobody to write to.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="report">The reading end of the pipe that it reports errors to.</param>
    private PidFd SpawnWithoutStreams(IReadOnlyList<string> arguments, out int report)
    {
        int nothing = Track(LinuxException.ThrowIfFailed(FileCalls.OpenAt(FileCalls.WorkingDirectory, "/dev/null\0"u8, OpenFlags.ReadWrite), "open", "/dev/null"));
        (report, int write) = Pipe();
        var process = Spawn(arguments, nothing, nothing, nothing, write);
        Close(write);
        return process;
    }

    private PidFd Spawn(IReadOnlyList<string> arguments, int input, int output, int error, int report) => ChildProcess.Spawn(runtimePath, arguments, new SpawnOptions
    {
        Environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        WorkingDirectory = "/",
        NewSession = true,
        Descriptors = new Dictionary<int, int> { [0] = input, [1] = output, [2] = error, [3] = report },
    });

    /// <summary>Kills the command and what it has begun, and then the runtime that waits for it.</summary>
    private static void Kill(PidFd process)
    {
        for (int attempt = 0; attempt < 2 && !process.HasExited; attempt++)
        {
            foreach (int command in ProcessChildren.Of(process.Pid))
                ProcessSession.Kill(command);
            if (process.WaitForExit(TimeSpan.FromSeconds(1), CancellationToken.None))
                break;
        }
        _ = process.SendSignal(9);
        _ = process.Reap();
    }

    private List<string> Arguments(string? consoleSocket = null, bool detach = false)
    {
        var place = configuration.Runtime is { } other
            ? OtherRuntime.ExecOptions(runRoot, other, configuration.CgroupPath, directory, monitor)
            : ContainerLeftovers.LostStateOptions(runRoot, configuration.Id, directory, configuration.CgroupPath);
        List<string> arguments = ["ctrun", "--root", ContainerLeftovers.RuntimeRoot(runRoot), "--log", "/proc/self/fd/3", "--log-format", "json", "exec", .. place];
        arguments.AddRange(["--cwd", options.WorkingDirectory ?? configuration.WorkingDirectory]);
        string user = options.User ?? configuration.User;
        if (user.Length > 0)
            arguments.AddRange(["--user", user]);
        foreach (var (name, value) in options.Environment)
            arguments.AddRange(value is not null ? ["--env", $"{name}={value}"] : ["--unset-env", name]);
        if (options.Privileged)
        {
            foreach (string capability in Capabilities.Names.Take(Capabilities.LastOfKernel() + 1))
                arguments.AddRange(["--cap", capability]);
        }
        if (consoleSocket is not null)
            arguments.AddRange(["--tty", "--console-socket", consoleSocket]);
        if (detach)
            arguments.Add("--detach");
        arguments.Add(configuration.Id);
        arguments.AddRange(options.Command);
        return arguments;
    }

    private static string Pump(PidFd process, Stream? bytes, int output, int error, int report, bool lateReport, Action<ContainerStream, string> lines, CancellationToken cancellationToken)
    {
        using var cancelled = new CancellationEvent(cancellationToken);
        var outLines = new LineDecoder(line => lines(ContainerStream.Output, line));
        using var reportText = new MemoryStream();
        // A runtime's own complaint stands in its report, and becomes an exception. Others than ours write the report last, so what may be a complaint waits a moment.
        List<string> held = [];
        long heldSince = 0;
        var errorLines = new LineDecoder(line =>
        {
            if (held.Count == 0)
                heldSince = Environment.TickCount64;
            held.Add(line);
        });
        byte[] buffer = new byte[64 * 1024];
        EventCalls.SetNonBlocking(output);
        EventCalls.SetNonBlocking(error);
        EventCalls.SetNonBlocking(report);
        PollEntry[] entries =
        [
            new() { Descriptor = report, Events = EventCalls.PollIn },
            new() { Descriptor = output, Events = EventCalls.PollIn },
            new() { Descriptor = error, Events = EventCalls.PollIn },
            new() { Descriptor = process.Fd, Events = EventCalls.PollIn },
            new() { Descriptor = cancelled.Descriptor, Events = EventCalls.PollIn },
        ];
        bool ended = false;
        while (!ended)
        {
            LinuxException.ThrowIfFailed(EventCalls.Poll(entries, held.Count > 0 ? HeldMilliseconds : -1), "poll");
            cancellationToken.ThrowIfCancellationRequested();
            // What the command left running may hold the pipes open for ever; so its own end is the end, and what is in the pipes then.
            ended = entries[3].Found != 0;
            for (int i = 0; i < 3; i++)
            {
                // The report, which comes first here, is written before the complaint.
                if (entries[i].Descriptor < 0 || (i > 0 && entries[i].Found == 0 && !ended))
                    continue;
                int count;
                while ((count = FileCalls.Read(entries[i].Descriptor, buffer)) > 0)
                {
                    var data = buffer.AsSpan(0, count);
                    if (i == 0)
                        reportText.Write(data);
                    else if (i == 1 && bytes is not null)
                        bytes.Write(data);
                    else if (i == 1)
                        outLines.Add(data);
                    else
                        errorLines.Add(data);
                    if (!ended)
                        break;
                }
                if (count == 0)
                    entries[i].Descriptor = -1;
            }
            if (!lateReport || Environment.TickCount64 - heldSince >= HeldMilliseconds)
                Release();
        }
        outLines.End();
        errorLines.End();
        Release();
        return Report();

        void Release()
        {
            foreach (string line in held)
            {
                if (!ExecReport.Repeats(Report(), line))
                    lines(ContainerStream.Error, line);
            }
            held.Clear();
        }

        string Report() => System.Text.Encoding.UTF8.GetString(reportText.GetBuffer(), 0, (int)reportText.Length).Trim();
    }

    private void StartInput(int fd)
    {
        _open.Remove(fd);
        InputFeeder.Start(options.StandardInput!, fd, "Container exec input");
    }

    private (int Read, int Write) Pipe()
    {
        var (read, write) = EventCalls.Pipe();
        return (Track(read), Track(write));
    }

    private int Track(int fd)
    {
        _open.Add(fd);
        return fd;
    }

    private void Close(int fd)
    {
        _open.Remove(fd);
        _ = FileCalls.Close(fd);
    }
}
