using System.Management.Automation.Language;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes kinds of PID and IPC namespaces.</summary>
public sealed class NamespaceCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command) =>
    [
        ("private", "its own"), ("shareable", "its own, which others may share (IPC)"), ("host", "the host's"),
        .. new ContainerManager(paths, RuntimeProgram.Path).List().Select(c => ("container:" + c.Name, $"{c.State}  {c.Image}")),
    ];
}
