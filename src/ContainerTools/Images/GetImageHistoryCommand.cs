using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>Lists the steps that an image was built by, as its configuration tells them, the oldest first.</summary>
[Cmdlet(VerbsCommon.Get, "ImageHistory")]
[OutputType(typeof(ImageHistoryEntry))]
public sealed class GetImageHistoryCommand : ContainerToolsCmdlet
{
    /// <summary>The images: objects, names with or without wildcards, or ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name", "Id")]
    [ImageTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public ImageArgument[] Image { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var argument in Image)
        {
            Attempt(argument.Text, () =>
            {
                foreach (var image in Resolve(argument))
                    WriteObject(image.Config.History, enumerateCollection: true);
            });
        }
    }
}
