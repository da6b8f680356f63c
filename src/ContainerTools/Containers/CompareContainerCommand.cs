using System.Management.Automation;

namespace ContainerTools;

/// <summary>Lists what containers have added, modified and deleted in their root file system since they were made of their image.</summary>
[Cmdlet(VerbsData.Compare, "Container")]
[OutputType(typeof(FileChange))]
public sealed class CompareContainerCommand : ContainerCommand
{
    private protected override void Process(Container container) =>
        WriteObject(Await((_, token) => Containers.CompareAsync(container, token)), enumerateCollection: true);
}
