using System.Management.Automation.Language;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Volumes;

namespace ContainerTools.Binding;

/// <summary>Completes names of volumes.</summary>
public sealed class VolumeCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command) =>
        new VolumeStore(paths).List().Select(v => (v.Name, v.MountPoint));
}
