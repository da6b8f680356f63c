using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;

namespace ContainerTools.Runtime.Commands;

/// <summary>The options that <c>create</c> and <c>run</c> share.</summary>
internal sealed class BundleOptions
{
    public string Bundle { get; private set; } = Directory.GetCurrentDirectory();

    public string? PidFile { get; private set; }

    public string? ConsoleSocket { get; private set; }

    public int PreservedDescriptors { get; private set; }

    public bool Detach { get; private set; }

    public string Id { get; private set; } = "";

    public byte[] Config { get; private set; } = [];

    public RuntimeSpec Spec { get; private set; } = new();

    /// <summary>Whether the container's processes end with its first one.</summary>
    public bool HasPidNamespace => Spec.Linux?.Namespaces?.Exists(item => item.Type == "pid" && string.IsNullOrEmpty(item.Path)) == true;

    public static BundleOptions Read(string command, ArgumentReader arguments)
    {
        var options = new BundleOptions();
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
                case "--preserve-fds":
                    options.PreservedDescriptors = int.TryParse(arguments.Value(), out var count) && count is >= 0 and <= 1024
                        ? count
                        : throw new CommandException("'--preserve-fds' takes a number from 0 to 1024.");
                    break;
                case "--detach" or "-d" when command == "run":
                    options.Detach = arguments.Switch();
                    break;
                case "--no-pivot" or "--no-new-keyring":
                    if (arguments.Switch())
                        throw new CommandException($"'{name}' is not possible with this runtime.");
                    break;
                default:
                    throw arguments.Unknown(command);
            }
        }
        options.Id = arguments.Operand("The container's id");
        arguments.End();
        var path = Path.Combine(options.Bundle, "config.json");
        options.Config = File.ReadAllBytes(path);
        options.Spec = RuntimeJson.ReadSpec(options.Config);
        return options;
    }
}
