using System.Management.Automation.Language;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes restart policies.</summary>
public sealed class RestartPolicyCompleter : NameCompleter
{
    private static readonly (string Name, string Description)[] s_policies =
    [
        ("no", "stays ended"),
        ("on-failure", "when its exit code is not 0"),
        ("on-failure:3", "when its exit code is not 0, at most three times in a row"),
        ("always", "whenever it ends by itself, and after a boot"),
        ("unless-stopped", "whenever it ends by itself, and after a boot unless it had been stopped"),
    ];

    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command) => s_policies;
}
