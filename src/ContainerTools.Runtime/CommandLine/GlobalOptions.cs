namespace ContainerTools.Runtime.CommandLine;

/// <summary>The options before the command, the ones that every OCI runtime has.</summary>
internal sealed class GlobalOptions
{
    /// <summary>Directory of the containers' state.</summary>
    public string Root { get; private set; } = "";

    /// <summary>File that errors are appended to, or null.</summary>
    public string? Log { get; private set; }

    /// <summary>Whether the log's lines are JSON.</summary>
    public bool LogJson { get; private set; }

    /// <summary>Whether the log also tells of commands that succeed.</summary>
    public bool Debug { get; private set; }

    /// <summary>How <c>linux.cgroupsPath</c> is understood.</summary>
    public CgroupManager CgroupManager { get; private set; }

    /// <summary>Reads them, up to the command.</summary>
    public static GlobalOptions Read(ArgumentReader arguments)
    {
        var options = new GlobalOptions();
        while (arguments.NextOption() is { } name)
        {
            switch (name)
            {
                case "--root":
                    options.Root = Path.GetFullPath(arguments.Value());
                    break;
                case "--log":
                    var log = arguments.Value();
                    RuntimeLog.Open(log);
                    options.Log = log;
                    break;
                case "--log-format":
                    options.LogJson = arguments.Value() switch
                    {
                        "json" => true,
                        "text" => false,
                        var other => throw new CommandException($"'--log-format {other}' is neither 'text' nor 'json'."),
                    };
                    break;
                case "--debug":
                    options.Debug = arguments.Switch();
                    break;
                case "--systemd-cgroup":
                    if (arguments.Switch())
                        options.CgroupManager = CgroupManager.Systemd;
                    break;
                case "--cgroup-manager":
                    options.CgroupManager = arguments.Value() switch
                    {
                        "cgroupfs" => CgroupManager.CgroupFs,
                        "systemd" => CgroupManager.Systemd,
                        "disabled" => CgroupManager.Disabled,
                        var other => throw new CommandException($"'--cgroup-manager {other}' is none of 'cgroupfs', 'systemd' and 'disabled'."),
                    };
                    break;
                case "--rootless":
                    // Found out, not told: what a user may not do fails by itself.
                    if (arguments.Value() is not ("auto" or "true" or "false") and var rootless)
                        throw new CommandException($"'--rootless {rootless}' is none of 'auto', 'true' and 'false'.");
                    break;
                case "--version" or "-v":
                    throw new VersionRequest();
                default:
                    throw arguments.Unknown("ctrun");
            }
        }
        if (options.Root.Length == 0)
            options.Root = Path.Combine(Engine.Store.StorePaths.FromEnvironment().RunRoot, "runtime");
        return options;
    }

    /// <summary>Not an error: asks for the version.</summary>
    internal sealed class VersionRequest : Exception;

    /// <summary>Not an error: asks for the usage.</summary>
    internal sealed class HelpRequest : Exception;
}
