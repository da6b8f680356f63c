using System.Globalization;
using System.Text;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Rootless;

/// <summary>
/// A process of the runtime's binary that does one piece of work as root of the user's namespace (<see cref="SessionOperations"/>). It ends with this process, or when
/// it is disposed of.
/// </summary>
public sealed class SessionWorker : IDisposable
{
    /// <summary>Where the worker says at its end what went wrong, in the form of a monitor's report.</summary>
    internal const int ReportDescriptor = 3;

    /// <summary>A second stream to the worker, or from it.</summary>
    internal const int DataDescriptor = 4;

    private readonly PidFd _process;
    private readonly FileStream _report;
    private readonly CancellationTokenRegistration _cancellation;
    private readonly CancellationToken _token;

    private readonly FileStream? _data;
    private readonly SafeFileHandle? _messages;

    private SessionWorker(PidFd process, int input, int output, int report, FileStream? data, SafeFileHandle? messages, CancellationToken cancellationToken)
    {
        _process = process;
        _token = cancellationToken;
        _data = data;
        _messages = messages;
        Input = Stream(input, FileAccess.Write);
        Output = Stream(output, FileAccess.Read);
        _report = Stream(report, FileAccess.Read);
        _cancellation = cancellationToken.Register(() => process.SendSignal(Signals.Kill));
    }

    /// <summary>The runtime's binary, <c>ctrun</c>; set once by the program that uses the engine.</summary>
    public static string? Program { get; set; }

    /// <summary>The worker's standard input.</summary>
    internal FileStream Input { get; }

    /// <summary>The worker's standard output.</summary>
    internal FileStream Output { get; }

    /// <summary>The second stream.</summary>
    internal FileStream Data => _data ?? throw new InvalidOperationException("The worker has no stream of data.");

    /// <summary>The socket.</summary>
    internal SafeFileHandle Messages => _messages ?? throw new InvalidOperationException("The worker has no socket.");

    /// <summary>Runs an operation to its end.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="operation">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Kills the worker.</param>
    /// <param name="line">Told of each line that it writes.</param>
    /// <param name="container">A container whose monitor's namespaces the work is done in, if it runs; else in new ones.</param>
    /// <exception cref="ContainerToolsException">What the operation throws; SessionFailed: the user's namespace could not be made.</exception>
    internal static void Run(StorePaths paths, string operation, IReadOnlyList<string> arguments, CancellationToken cancellationToken, Action<string>? line = null, Container? container = null)
    {
        using var worker = Start(paths, operation, arguments, cancellationToken, monitor: container is null ? 0 : MonitorOf(container));
        worker.ReadAndFinish(line);
    }

    /// <summary>Runs an operation on the user's networks, in the namespace that they belong to.</summary>
    /// <param name="runRoot">The root of run state.</param>
    /// <param name="operation">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="ContainerToolsException">What the operation throws.</exception>
    internal static void RunForNetworks(string runRoot, string operation, params IReadOnlyList<string> arguments)
    {
        using var worker = Start(new StorePaths(runRoot, runRoot), operation, arguments, CancellationToken.None, monitor: SessionRecord.Find(runRoot)?.Holder ?? 0);
        worker.ReadAndFinish(null);
    }

    private void ReadAndFinish(Action<string>? line)
    {
        using (var reader = new StreamReader(Output, Encoding.UTF8, leaveOpen: true))
        {
            while (reader.ReadLine() is { } text)
                line?.Invoke(text);
        }
        Finish();
    }

    /// <summary>Starts an operation.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="operation">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Kills the worker.</param>
    /// <param name="stream">What there is beside input and output.</param>
    /// <param name="monitor">A process whose namespaces the work is done in; 0 for new ones.</param>
    internal static SessionWorker Start(StorePaths paths, string operation, IReadOnlyList<string> arguments, CancellationToken cancellationToken, SessionStream stream = SessionStream.ToWorker, int monitor = 0)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string program = Program ?? throw new InvalidOperationException("The runtime's binary is not known.");
        List<int> ends = [];
        try
        {
            var (inputRead, inputWrite) = Pipe(ends);
            var (outputRead, outputWrite) = Pipe(ends);
            var (reportRead, reportWrite) = Pipe(ends);
            using var channel = stream == SessionStream.Messages ? Channel.Create() : null;
            var (dataRead, dataWrite) = channel is null ? Pipe(ends) : (-1, -1);
            var (data, given) = stream == SessionStream.FromWorker ? (dataRead, dataWrite) : (dataWrite, dataRead);
            using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var process = Spawn(program, ["ctrun", "worker", .. Monitor(monitor), paths.Root, paths.RunRoot, operation, .. arguments], new Dictionary<int, int>
            {
                [0] = inputRead,
                [1] = outputWrite,
                [2] = (int)nothing.DangerousGetHandle(),
                [ReportDescriptor] = reportWrite,
                [DataDescriptor] = channel is null ? given : (int)channel.Other.DangerousGetHandle(),
            });
            ends.RemoveAll(fd => fd == inputWrite || fd == outputRead || fd == reportRead || fd == data);
            return new SessionWorker(process, inputWrite, outputRead, reportRead,
                channel is null ? Stream(data, stream == SessionStream.FromWorker ? FileAccess.Read : FileAccess.Write) : null, channel?.TakeOwn(), cancellationToken);
        }
        finally
        {
            foreach (int fd in ends)
                _ = FileCalls.Close(fd);
        }
    }

    /// <summary>Waits for the end of the operation, whose output was read.</summary>
    /// <exception cref="ContainerToolsException">What the operation throws.</exception>
    internal void Finish()
    {
        Input.Dispose();
        using var report = new MemoryStream();
        _report.CopyTo(report);
        _token.ThrowIfCancellationRequested();
        if (report.Length == 0)
            throw new ContainerToolsException("SessionFailed", ErrorKind.Internal, $"The process that works with the user's ids ended without a report (exit code {_process.Reap()?.ShellCode}).");
        StartReport.Check(report.ToArray(), "");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cancellation.Dispose();
        Close(Input);
        if (_data is not null)
            Close(_data);
        _messages?.Dispose();
        Output.Dispose();
        _report.Dispose();
        // One that is done has ended or is about to; one that is not has nobody to work for.
        if (!_process.WaitForExit(TimeSpan.FromSeconds(2), CancellationToken.None))
            _ = _process.SendSignal(Signals.Kill);
        _ = _process.Reap();
        _process.Dispose();
    }

    // What was not written yet has no reader any more.
    private static void Close(FileStream stream)
    {
        try
        {
            stream.Dispose();
        }
        catch (IOException)
        {
        }
    }

    private static int MonitorOf(Container container)
    {
        using var lockFile = MonitorLockFile.TryOpen(container.Directory);
        using var monitor = lockFile?.OpenMonitor();
        return monitor?.Pid ?? 0;
    }

    private static string[] Monitor(int process) => process == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"--monitor={process}")];

    private static PidFd Spawn(string program, IReadOnlyList<string> arguments, Dictionary<int, int> descriptors)
    {
        try
        {
            return ChildProcess.Spawn(program, arguments, new SpawnOptions { WorkingDirectory = "/", NewSession = true, Descriptors = descriptors });
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.EACCES or Errno.ENOEXEC)
        {
            throw new ContainerToolsException("RuntimeBinaryMissing", ErrorKind.NotFound, $"The runtime's binary '{program}' cannot be executed: {e.Message}. Build the project again.", program, e);
        }
    }

    private static (int Read, int Write) Pipe(List<int> ends)
    {
        var pipe = EventCalls.Pipe();
        ends.Add(pipe.Read);
        ends.Add(pipe.Write);
        return pipe;
    }

    private static FileStream Stream(int fd, FileAccess access) => new(new SafeFileHandle(fd, ownsHandle: true), access, bufferSize: 0);
}
