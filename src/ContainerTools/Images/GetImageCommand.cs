using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Lists the images in the local store.</summary>
[Cmdlet(VerbsCommon.Get, "Image")]
[OutputType(typeof(Image))]
public sealed class GetImageCommand : ContainerToolsCmdlet
{
    /// <summary>Names with or without wildcards, ids or beginnings of ids, digests; all images when left out.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name", "Id")]
    [ImageTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public ImageArgument[] Image { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Image.Length == 0)
        {
            Attempt(null, () => WriteObject(Images.List(), enumerateCollection: true));
            return;
        }
        foreach (var image in Image)
        {
            // Of an object the id is looked up: what it says may no longer be so.
            var argument = image.Value is null ? image : new ImageArgument(null, image.Text);
            Attempt(image.Text, () => WriteObject(Resolve(argument), enumerateCollection: true));
        }
    }
}
