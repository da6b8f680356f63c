using System.Management.Automation.Language;
using ContainerTools.Cmdlets;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes names of containers; for Stop-Container and the like only of those that it can do something with.</summary>
public sealed class ContainerCompleter : NameCompleter
{
    private static readonly Dictionary<string, ContainerState[]> s_states = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Stop-Container"] = [ContainerState.Running, ContainerState.Paused],
        ["Invoke-ContainerCommand"] = [ContainerState.Running],
        ["Enter-Container"] = [ContainerState.Running],
        ["Get-ContainerProcess"] = [ContainerState.Running, ContainerState.Paused],
        ["Get-ContainerStatistics"] = [ContainerState.Running, ContainerState.Paused],
        ["Send-ContainerSignal"] = [ContainerState.Running],
        ["Suspend-Container"] = [ContainerState.Running],
        ["Resume-Container"] = [ContainerState.Paused],
    };

    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command)
    {
        var states = command.GetCommandName() is { } name ? s_states.GetValueOrDefault(name) : null;
        return new ContainerManager(paths, RuntimeProgram.Path).List()
            .Where(c => states is null || states.Contains(c.State))
            .Select(c => (c.Name, $"{c.State}  {c.Image}"));
    }
}
