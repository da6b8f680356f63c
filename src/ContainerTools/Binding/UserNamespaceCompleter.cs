using System.Management.Automation.Language;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes kinds of user namespaces.</summary>
public sealed class UserNamespaceCompleter : NameCompleter
{
    private static readonly (string Name, string Description)[] s_kinds =
    [
        ("auto", "a private range of 65,536 ids"),
        ("host", "the host's ids: root inside is root outside"),
        ("keep-id", "for an ordinary user: his own id inside is the host's"),
        ("keep-id:uid=1000,gid=1000", "a private range, but for one user who is the host's"),
        ("0:100000:65536", "ids 0 to 65,535 inside are the host's from 100,000 up"),
    ];

    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command) =>
        s_kinds.Concat(new ContainerManager(paths, RuntimeProgram.Path).List().Select(c => ("container:" + c.Name, $"the ids of {c.Name}, {c.State}")));
}
