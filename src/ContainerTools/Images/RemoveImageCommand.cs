using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Removes images' names; with its last name goes the image, and what nothing else needs of it.</summary>
[Cmdlet(VerbsCommon.Remove, "Image", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(Core.Images.ImageRemovalResult))]
public sealed class RemoveImageCommand : ContainerToolsCmdlet
{
    /// <summary>The images: objects, names with or without wildcards, or ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name", "Id")]
    [ImageTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public ImageArgument[] Image { get; set; } = [];

    /// <summary>Removes the image though a container was made from it. The container keeps the layers that it needs.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes what was removed and how many bytes that freed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var argument in Image)
        {
            Attempt(argument.Text, () =>
            {
                foreach (var image in Resolve(argument))
                    Attempt(image, () => Remove(image));
            });
        }
    }

    private void Remove(Image image)
    {
        if (!ShouldProcess(image.Reference is null ? image.ShortId : $"{image} ({image.ShortId})", "Remove image"))
            return;
        var result = Images.Remove(image, Force, Stopped);
        WriteVerbose($"Removed {image}; freed {ByteSize.Format(result.FreedBytes)}.");
        if (PassThru)
            WriteObject(result);
    }
}
