using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Specs;
using ContainerTools.Linux;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Launching;

namespace ContainerTools.Runtime.Commands;

/// <summary>What <c>exec</c> is asked for.</summary>
internal sealed class ExecRequest
{
    private readonly List<string> _environment = [];
    private readonly List<string> _unset = [];
    private string? _processFile;
    private string? _user;
    private string? _directory;
    private bool _terminal;
    private bool _noNewPrivileges;
    private List<string> _capabilities = [];
    private List<string> _groups = [];
    private IReadOnlyList<string> _command = [];

    public string Id { get; private set; } = "";

    public bool Detach { get; private set; }

    public bool IgnorePaused { get; private set; }

    public string? PidFile { get; private set; }

    public string? ConsoleSocket { get; private set; }

    public string? ProcessSocket { get; private set; }

    /// <summary>This product's directory of a container whose run state was lost.</summary>
    public string? LostOf { get; private set; }

    /// <summary>The control group of such a container.</summary>
    public string? LostCgroup { get; private set; }

    /// <summary>Another runtime that has made the container of this product, and how it is called.</summary>
    public OtherRuntimeCall? By { get; private set; }

    public SubGroups SubGroups { get; } = new();

    public int PreservedDescriptors { get; private set; }

    public static ExecRequest Read(ArgumentReader arguments)
    {
        var request = new ExecRequest();
        while (arguments.NextOption() is { } name)
            request.ReadOption(name, arguments);
        request.Id = arguments.Operand("The container's id");
        request._command = arguments.Rest();
        if (request._command.Count == 0 && request._processFile is null)
            throw new CommandException("The command to run is missing.");
        return request;
    }

    /// <summary>The process: the document's, or the container's own with what was given on the command line.</summary>
    public (ProcessSpec Process, string? User, IReadOnlyList<string> Groups) Complete(RuntimeSpec spec)
    {
        if (_processFile is not null)
        {
            var document = InputFile.Read(_processFile, "process document", RuntimeJson.ReadProcess);
            // What it leaves out is the container's.
            var container = spec.Process!;
            document.Capabilities = WithCapabilities(document.Capabilities ?? container.Capabilities);
            document.Rlimits ??= container.Rlimits;
            document.ApparmorProfile ??= container.ApparmorProfile;
            document.SelinuxLabel ??= container.SelinuxLabel;
            document.Scheduler ??= container.Scheduler;
            document.IoPriority ??= container.IoPriority;
            // Who the document names, and nobody else, unless the command line does.
            return (document, _user ?? document.User.Username, _groups);
        }
        var own = spec.Process!;
        var environment = new List<string>(own.Env ?? []);
        foreach (var variable in _environment)
        {
            var name = variable[..(variable.IndexOf('=', StringComparison.Ordinal) + 1)];
            environment.RemoveAll(old => old.StartsWith(name, StringComparison.Ordinal));
            environment.Add(variable);
        }
        foreach (var name in _unset)
            environment.RemoveAll(old => old.StartsWith(name + "=", StringComparison.Ordinal));
        var process = new ProcessSpec
        {
            Terminal = _terminal,
            // Whoever gets the terminal sets the real size, but the command may ask for it before that.
            ConsoleSize = _terminal ? new ConsoleSize { Height = 24, Width = 80 } : null,
            User = own.User,
            Args = [.. _command],
            Env = environment,
            Cwd = _directory ?? own.Cwd,
            Capabilities = WithCapabilities(own.Capabilities),
            Rlimits = own.Rlimits,
            NoNewPrivileges = own.NoNewPrivileges || _noNewPrivileges,
            OomScoreAdj = own.OomScoreAdj,
            ApparmorProfile = own.ApparmorProfile,
            SelinuxLabel = own.SelinuxLabel,
            Scheduler = own.Scheduler,
            IoPriority = own.IoPriority,
            ExecCpuAffinity = own.ExecCpuAffinity,
        };
        var groups = _groups.Count > 0 ? _groups : spec.Annotations?.GetValueOrDefault(Annotations.Groups)?.Split('\n').ToList() ?? [];
        return (process, _user ?? spec.Annotations?.GetValueOrDefault(Annotations.User), groups);
    }

    private CapabilitiesSpec? WithCapabilities(CapabilitiesSpec? own)
    {
        if (_capabilities.Count == 0)
            return own;
        List<string> With(List<string>? set) => [.. (set ?? []).Union(_capabilities)];
        return new CapabilitiesSpec
        {
            Bounding = With(own?.Bounding),
            Effective = With(own?.Effective),
            Permitted = With(own?.Permitted),
            Inheritable = own?.Inheritable,
            Ambient = own?.Ambient,
        };
    }

    private void ReadOption(string name, ArgumentReader arguments)
    {
        switch (name)
        {
            case "--process" or "-p":
                _processFile = arguments.Value();
                break;
            case "--user" or "-u":
                _user = arguments.Value();
                break;
            case "--additional-gids" or "-g":
                _groups = [.. _groups, .. arguments.Value().Split(',')];
                break;
            case "--cwd":
                _directory = arguments.Value();
                break;
            case "--env" or "-e":
                var variable = arguments.Value();
                _environment.Add(variable.Contains('=', StringComparison.Ordinal) ? variable : throw new CommandException($"'--env {variable}' is not of the form NAME=VALUE."));
                break;
            case "--unset-env":
                _unset.Add(arguments.Value());
                break;
            case "--cap" or "-c":
                var capability = arguments.Value();
                _capabilities.Add(Capabilities.TryParse(capability, out var number) ? Capabilities.Names[number] : throw new CommandException($"'{capability}' is not a capability."));
                break;
            case "--no-new-privs":
                _noNewPrivileges = arguments.Switch();
                break;
            case "--tty" or "-t":
                _terminal = arguments.Switch();
                break;
            case "--detach" or "-d":
                Detach = arguments.Switch();
                break;
            case "--pid-file":
                PidFile = arguments.Value();
                break;
            case "--console-socket":
                ConsoleSocket = arguments.Value();
                break;
            case "--pidfd-socket":
                ProcessSocket = arguments.Value();
                break;
            case "--cgroup":
                SubGroups.Add(arguments.Value());
                break;
            case "--preserve-fds":
                PreservedDescriptors = InheritedDescriptors.ReadCount(arguments);
                break;
            case "--ignore-paused":
                IgnorePaused = arguments.Switch();
                break;
            case "--lost-of":
                LostOf = arguments.Value();
                break;
            case "--lost-cgroup":
                LostCgroup = arguments.Value();
                break;
            case OtherRuntime.ByOption:
                By = OtherRuntimeCall.Read(arguments);
                break;
            case "--no-subreaper":
                // It is none in any case.
                _ = arguments.Switch();
                break;
            default:
                throw arguments.Unknown("exec");
        }
    }
}
