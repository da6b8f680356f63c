using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Launching;

namespace ContainerTools.Runtime.Commands;

/// <summary>The options that <c>create</c> and <c>run</c> share.</summary>
internal sealed class BundleOptions
{
    public string Bundle { get; private set; } = Directory.GetCurrentDirectory();

    public string? PidFile { get; private set; }

    public string? ConsoleSocket { get; private set; }

    /// <summary>Socket that takes a descriptor of the container's first process, or null.</summary>
    public string? ProcessSocket { get; private set; }

    public int PreservedDescriptors { get; private set; }

    public bool Detach { get; private set; }

    /// <summary>Whether <c>run</c> leaves the stopped container for <c>delete</c>.</summary>
    public bool Keep { get; private set; }

    public bool PivotRoot { get; private set; } = true;

    public bool NewKeyring { get; private set; } = true;

    public string Id { get; private set; } = "";

    public byte[] Config { get; private set; } = [];

    public RuntimeSpec Spec { get; private set; } = new();

    /// <summary>Whether the container's processes end with its first one.</summary>
    public bool HasPidNamespace => Spec.Linux?.Namespaces?.Exists(item => item.Type == "pid" && string.IsNullOrEmpty(item.Path)) == true;

    public static BundleOptions Read(string command, ArgumentReader arguments)
    {
        var options = new BundleOptions();
        string? config = null;
        while (arguments.NextOption() is { } name)
        {
            switch (name)
            {
                case "--bundle" or "-b":
                    options.Bundle = Path.GetFullPath(arguments.Value());
                    break;
                case "--pid-file":
                    options.PidFile = arguments.Value();
                    break;
                case "--console-socket":
                    options.ConsoleSocket = arguments.Value();
                    break;
                case "--pidfd-socket":
                    options.ProcessSocket = arguments.Value();
                    break;
                case "--preserve-fds":
                    options.PreservedDescriptors = InheritedDescriptors.ReadCount(arguments);
                    break;
                case "--config" or "-f":
                    config = Path.GetFullPath(arguments.Value());
                    break;
                case "--keep" when command == "run":
                    options.Keep = arguments.Switch();
                    break;
                case "--no-subreaper" when command == "run":
                    // It is none in any case.
                    _ = arguments.Switch();
                    break;
                case "--detach" or "-d" when command == "run":
                    options.Detach = arguments.Switch();
                    break;
                case "--no-pivot":
                    options.PivotRoot = !arguments.Switch();
                    break;
                case "--no-new-keyring":
                    options.NewKeyring = !arguments.Switch();
                    break;
                default:
                    throw arguments.Unknown(command);
            }
        }
        options.Id = arguments.Operand("The container's id");
        arguments.End();
        (options.Config, options.Spec) = InputFile.ReadBoth(config ?? Path.Combine(options.Bundle, "config.json"), "config.json", RuntimeJson.ReadSpec);
        CheckVersion(options.Spec.OciVersion);
        if (options.Spec.Process is { } process)
            options.PreservedDescriptors = InheritedDescriptors.Resolve(options.PreservedDescriptors, process);
        return options;
    }

    // Documents of 1.x are compatible both ways. Those without a version are common among bundles written by hand.
    private static void CheckVersion(string version)
    {
        if (version.Length == 0)
            return;
        var core = version.Split('-', '+')[0].Split('.');
        if (core.Length != 3 || Array.Exists(core, static part => part.Length == 0 || part.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0))
            throw NamespacePlan.Invalid($"its ociVersion '{version}' is no version such as {RuntimeJson.SpecVersion}");
        if (core[0] != "1")
            throw NamespacePlan.Invalid($"its ociVersion is {version}, but this runtime knows versions 1.x of the specification");
    }
}
