using System.Management.Automation;

namespace ContainerTools.Loading;

/// <summary>What the engine runs when the module is imported, before any of its commands, and when it is removed.</summary>
public sealed class ModuleInitializer : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnImport() => DependencyLoader.Attach();

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => DependencyLoader.Detach();
}
