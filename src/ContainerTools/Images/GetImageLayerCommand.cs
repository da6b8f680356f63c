using System.Management.Automation;

namespace ContainerTools;

/// <summary>Lists images' layers, the base first.</summary>
[Cmdlet(VerbsCommon.Get, "ImageLayer")]
[OutputType(typeof(ImageLayer))]
public sealed class GetImageLayerCommand : ImageCommand
{
    private protected override void Process(Image image) => WriteObject(Images.GetLayers(image), enumerateCollection: true);
}
