using System.Management.Automation;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Says what this kernel and this user can do for containers.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerHost")]
[OutputType(typeof(ContainerHostInfo))]
public sealed class GetContainerHostCommand : ContainerToolsCmdlet
{
    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(null, () => WriteObject(ContainerHostInfo.Read(Paths, RuntimeProgram.Path)));
}
