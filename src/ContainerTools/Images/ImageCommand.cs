using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;

namespace ContainerTools;

/// <summary>A command that tells something of images that exist.</summary>
public abstract class ImageCommand : ContainerToolsCmdlet
{
    /// <summary>The images: objects, names with or without wildcards, or ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
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
                    Process(image);
            });
        }
    }

    private protected abstract void Process(Image image);
}
