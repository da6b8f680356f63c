using System.Globalization;
using System.Text.Json;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Linux;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using ContainerTools.Linux.Sockets;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// Drives another OCI runtime by its command line. What it does not know of is done before, see <see cref="OtherRuntimeBundle"/>.
/// </summary>
internal sealed class OtherRuntimeStarter(MonitorArguments options) : IContainerStarter
{
    private const string ConsoleSocket = "console";

    private static readonly TimeSpan s_lookTime = TimeSpan.FromMilliseconds(100), s_startTime = TimeSpan.FromSeconds(2);

    private readonly string _runtime = options.Runtime!;
    private readonly string _bundle = ContainerLeftovers.OtherRuntimeBundle(options.RunRoot, options.Id);
    private readonly string _log = Path.Combine(options.RunRoot, options.Id, "log");
    private readonly string _pidFile = Path.Combine(options.RunRoot, options.Id, "pid");
    private int _nothing = -1;

    // Its caller's.
    private PidFd? _process;
    private SafeFileHandle? _console;

    public PidFd Create(int input, StreamPipes pipes, Action<int> made)
    {
        // The runtime's create ends, and its child, the container's process, becomes ours.
        EventCalls.BecomeSubreaper();
        _nothing = LinuxException.ThrowIfFailed(FileCalls.OpenAt(FileCalls.WorkingDirectory, "/dev/null\0"u8, OpenFlags.ReadWrite), "open", "/dev/null");
        Directory.CreateDirectory(ContainerLeftovers.OtherRuntimeRoot(options.RunRoot, _runtime));
        if (OtherRuntimeBundle.Make(options, _bundle))
            CreateWithConsole(pipes.ErrorWrite);
        else
            Run(input >= 0 ? input : _nothing, pipes.OutputWrite, pipes.ErrorWrite, "create", "--bundle", _bundle, "--pid-file", _pidFile, options.Id);
        var process = _process = PidFd.Open(ReadPid());
        try
        {
            made(process.Pid);
            return process;
        }
        catch
        {
            process.SendSignal(Signals.Kill);
            _ = process.Reap();
            process.Dispose();
            throw;
        }
    }

    private int ReadPid()
    {
        if (File.Exists(_pidFile) && int.TryParse(File.ReadAllText(_pidFile).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0)
            return pid;
        throw new ContainerToolsException("RuntimeFailed", ErrorKind.InvalidArgument,
            $"The runtime '{_runtime}' made no container: its 'create' ended well, but left no process id. Give an OCI runtime, such as runc or crun, or leave -Runtime out.", _runtime);
    }

    /// <summary>It is mounted where this process is, and goes with it.</summary>
    public int TakeRoot() => -1;

    public int TakeConsole()
    {
        int console = (int)(_console?.DangerousGetHandle() ?? -1);
        _console?.SetHandleAsInvalid();
        return console;
    }

    /// <summary>Lets the command begin. A runtime may wait for ever for a process that somebody has ended meanwhile: then it is not waited for.</summary>
    public void Start()
    {
        using var start = Spawn(_nothing, _nothing, _nothing, "start", options.Id);
        while (!start.WaitForExit(s_lookTime, CancellationToken.None))
        {
            if (!_process!.HasExited || start.WaitForExit(s_startTime, CancellationToken.None))
                continue;
            start.SendSignal(Signals.Kill);
            _ = start.Reap();
            return;
        }
        Check(start.Reap(), "start");
    }

    public void Dispose()
    {
        _console?.Dispose();
        if (_nothing >= 0)
            _ = FileCalls.Close(_nothing);
        _nothing = -1;
    }

    /// <summary>Creates a container with a terminal, whose master side the runtime sends to a socket (runc's docs/terminals.md).</summary>
    private void CreateWithConsole(int error)
    {
        using var socket = LocalSocket.Listen(Path.Combine(_bundle, ConsoleSocket), packets: false);
        // By a name from the bundle, where the runtime works: whole paths may be longer than a socket's address.
        Run(_nothing, _nothing, error, "create", "--bundle", _bundle, "--pid-file", _pidFile, "--console-socket", ConsoleSocket, options.Id);
        using var connection = new SafeFileHandle(LinuxException.ThrowIfFailed(LocalSocket.Accept((int)socket.DangerousGetHandle()), "accept"), ownsHandle: true);
        Span<byte> name = stackalloc byte[4096];
        if (LocalSocket.Receive(connection, name, out _console) <= 0 || _console is null)
            throw new ContainerToolsException("RuntimeFailed", ErrorKind.Internal, $"The runtime '{_runtime}' made a container with a terminal, but did not hand that out.");
    }

    /// <summary>Runs a command of the runtime to its end.</summary>
    private void Run(int input, int output, int error, params string[] command)
    {
        using var process = Spawn(input, output, error, command);
        Check(process.Reap(), command[0]);
    }

    private PidFd Spawn(int input, int output, int error, params string[] command)
    {
        List<string> arguments = [_runtime, .. OtherRuntime.GlobalOptions(options.RunRoot, _runtime, options.CgroupPath), "--log", _log, "--log-format", "json", .. command];
        return ChildProcess.Spawn(_runtime, arguments, new SpawnOptions
        {
            WorkingDirectory = _bundle,
            Descriptors = new Dictionary<int, int> { [0] = input, [1] = output, [2] = error },
        });
    }

    private void Check(ExitStatus? exit, string command)
    {
        if (exit is { ShellCode: 0 })
            return;
        string message = LastError(_log) ?? $"it ended with {exit?.ShellCode}";
        string errorId = message.Contains("executable file", StringComparison.OrdinalIgnoreCase) && message.Contains("not found", StringComparison.OrdinalIgnoreCase)
            || message.Contains("no such file or directory", StringComparison.OrdinalIgnoreCase) && message.Contains("exec", StringComparison.OrdinalIgnoreCase)
            ? "CommandNotFound" : "RuntimeFailed";
        throw new ContainerToolsException(errorId, errorId == "CommandNotFound" ? ErrorKind.NotFound : ErrorKind.Internal,
            $"The runtime '{_runtime}' could not {command} the container: {message}");
    }

    private static string? LastError(string log)
    {
        if (!File.Exists(log))
            return null;
        string? message = null;
        foreach (string line in File.ReadLines(log))
        {
            try
            {
                using var document = JsonDocument.Parse(line);
                if (document.RootElement.TryGetProperty("msg", out var text) && text.ValueKind is JsonValueKind.String)
                    message = text.GetString();
            }
            catch (JsonException)
            {
                message = line;
            }
        }
        return message;
    }
}
