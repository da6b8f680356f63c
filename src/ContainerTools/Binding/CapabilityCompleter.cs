using System.Management.Automation.Language;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;

namespace ContainerTools.Binding;

/// <summary>Completes names of capabilities that this kernel has.</summary>
public sealed class CapabilityCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command) =>
        Capabilities.Names.Take(Capabilities.LastOfKernel() + 1).Select(static n => (n["CAP_".Length..], $"{n}, see capabilities(7)")).Order().Prepend(("ALL", "all of them"));
}
