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
                    options.Log = arguments.Value();
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
                    // Engines pass it through; there is nothing more to tell than the errors.
                    _ = arguments.Switch();
                    break;
                case "--version" or "-v":
                    throw new VersionRequest();
                case "--help" or "-h":
                    throw new HelpRequest();
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
