using System.Management.Automation.Language;
using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes registries: those with a login, and those that images are from.</summary>
public sealed class RegistryCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command) =>
        new RegistryLogins().List().Select(static r => (r, $"{r} (login)"))
            .Concat(new ImageStore(paths).List().Where(static i => i.Reference is not null).Select(static i => (i.Reference!.Registry, i.Reference.Registry)));
}
