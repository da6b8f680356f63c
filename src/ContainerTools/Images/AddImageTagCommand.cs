using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>Gives an image a further name.</summary>
[Cmdlet(VerbsCommon.Add, "ImageTag", SupportsShouldProcess = true)]
[OutputType(typeof(Image))]
public sealed class AddImageTagCommand : ContainerToolsCmdlet
{
    /// <summary>The image: object, name or id.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Id")]
    [ImageTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public ImageArgument Image { get; set; } = null!;

    /// <summary>The new names. One that another image has moves to this one.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Alias("Name", "Reference")]
    [ValidateNotNullOrEmpty]
    public string[] Tag { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Image.Text, () =>
    {
        var image = Image.Value ?? Images.Get(Image.Text);
        foreach (var tag in Tag)
        {
            Attempt(tag, () =>
            {
                var reference = ImageNames.Parse(tag);
                if (ShouldProcess(image.ToString(), $"Add name {reference.Familiar}"))
                    WriteObject(Images.Tag(image, reference));
            });
        }
    });
}
