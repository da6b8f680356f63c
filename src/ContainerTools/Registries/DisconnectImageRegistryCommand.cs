using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Registry;
using ContainerTools.Engine;

namespace ContainerTools;

/// <summary>Forgets the login to a registry.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "ImageRegistry", SupportsShouldProcess = true)]
public sealed class DisconnectImageRegistryCommand : ContainerToolsCmdlet
{
    /// <summary>The registries, or what Connect-ImageRegistry gave.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Server")]
    [ArgumentCompleter(typeof(RegistryCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Registry { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Registry)
        {
            Attempt(name, () =>
            {
                var registry = RegistryNames.Parse(name);
                if (!ShouldProcess(registry, "Forget login"))
                    return;
                if (!Await((_, token) => new RegistryLogins().RemoveAsync(registry, token)))
                {
                    throw new ContainerToolsException("RegistryLoginNotFound", ErrorKind.NotFound,
                        $"There is no login to registry '{registry}' in '{DockerCredentials.DockerConfigPath}'.", registry);
                }
            });
        }
    }
}
