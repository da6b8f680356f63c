using System.Management.Automation.Language;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes names of networks; for New-Container and Invoke-Container also the modes.</summary>
public sealed class NetworkCompleter : NameCompleter
{
    private static readonly string[] s_makeContainers = ["New-Container", "Invoke-Container"];

    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command)
    {
        var names = new NetworkStore(paths).List().Select(n => (n.Name, string.Join(", ", n.Subnets)));
        return s_makeContainers.Contains(command.GetCommandName(), StringComparer.OrdinalIgnoreCase)
            ? names.Prepend((NetworkStore.DefaultName, "the network that is made on first use")).Concat([("host", "the host's network"), ("none", "loopback only")])
                .Concat(new ContainerManager(paths, RuntimeProgram.Path).List().Select(c => ("container:" + c.Name, $"the network of {c.Name}, {c.State}")))
            : names;
    }
}
