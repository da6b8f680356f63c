using System.Management.Automation;
using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>Lists the steps that an image was built by, as its configuration tells them, the oldest first.</summary>
[Cmdlet(VerbsCommon.Get, "ImageHistory")]
[OutputType(typeof(ImageHistoryEntry))]
public sealed class GetImageHistoryCommand : ImageCommand
{
    private protected override void Process(Image image) => WriteObject(image.Config.History, enumerateCollection: true);
}
