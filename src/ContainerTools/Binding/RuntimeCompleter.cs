using System.Management.Automation.Language;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes OCI runtimes: the module's own, and the well-known ones that are installed.</summary>
public sealed class RuntimeCompleter : NameCompleter
{
    private static readonly string[] s_known = ["crun", "runc", "youki", "runsc", "kata-runtime"];

    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command)
    {
        var directories = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(["/usr/local/sbin", "/usr/sbin", "/sbin"]);
        return s_known
            .Select(name => (Name: name, Path: directories.Select(d => Path.Combine(d, name)).FirstOrDefault(File.Exists)))
            .Where(static r => r.Path is not null).Select(static r => (r.Name, r.Path!))
            .Prepend(("ctrun", "the module's own"));
    }
}
