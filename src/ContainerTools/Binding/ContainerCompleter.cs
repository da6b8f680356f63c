using System.Management.Automation.Language;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes names of containers; for Stop-Container and the like only of running ones.</summary>
public sealed class ContainerCompleter : NameCompleter
{
    private static readonly string[] s_needRunning = ["Stop-Container", "Invoke-ContainerCommand"];

    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command)
    {
        var onlyRunning = s_needRunning.Contains(command.GetCommandName(), StringComparer.OrdinalIgnoreCase);
        return new ContainerManager(paths, RuntimeProgram.Path).List()
            .Where(c => !onlyRunning || c.State == ContainerState.Running)
            .Select(c => (c.Name, $"{c.State}  {c.Image}"));
    }
}
