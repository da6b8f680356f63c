using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Images;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>Pushes images to a registry.</summary>
[Cmdlet(VerbsData.Publish, "Image", SupportsShouldProcess = true)]
[OutputType(typeof(PublishedImage))]
public sealed class PublishImageCommand : RegistryUserCommand
{
    private readonly Dictionary<ImageReference, Image> _taken = [];
    private readonly List<Image> _parts = [];
    private bool _failed;

    /// <summary>The images: objects, names with or without wildcards, or ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [Alias("Name", "Id")]
    [ImageTransformation]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public ImageArgument[] Image { get; set; } = [];

    /// <summary>The names to push under, with registry and tag, as in <c>localhost:5000/team/app:2</c>; by default the image's own.</summary>
    [Parameter(Position = 1)]
    [Alias("Reference", "Tag")]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Destination { get; set; } = [];

    /// <summary>Sends each layer in parts of this size, as 16MB, for registries behind a proxy that limits requests; by default whole. At least 64 KB.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(64L << 10, long.MaxValue)]
    public long? ChunkSize { get; set; }

    /// <summary>Pushes all the images, one for each platform, and an index of them under the destination's name: who pulls that gets the image of their platform.</summary>
    [Parameter]
    public SwitchParameter Index { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var argument in Image)
        {
            _failed |= !Attempt(argument.Text, () =>
            {
                foreach (var image in Resolve(argument))
                {
                    if (Index)
                        _parts.Add(image);
                    else
                        Attempt(image, () => Push(image));
                }
            });
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // An index that silently lacks a platform would be worse than none.
        if (!Index || _failed || _parts.Count == 0)
            return;
        Attempt(null, () =>
        {
            if (Destination.Length == 0)
                throw new ContainerToolsException("IndexNeedsDestination", ErrorKind.InvalidArgument, "An index of several images needs a name of its own. Give a -Destination.");
            foreach (var destination in Destination)
                Attempt(destination, () => PushIndex(ImageNames.Parse(destination)));
        });
    }

    private PushOptions Options => new() { Credential = Convert(Credential), Trust = Trust, ChunkSize = ChunkSize };

    private void PushIndex(ImageReference destination)
    {
        if (ShouldProcess(string.Join(", ", _parts), $"Push index to {destination}"))
            WriteObject(Transfer($"Pushing {destination.Familiar}", (progress, token) => Images.PushIndexAsync(_parts, destination, Options, progress, token)));
    }

    private void Push(Image image)
    {
        if (Destination.Length == 0)
        {
            Push(image, image.Reference ?? throw new ContainerToolsException("ImageHasNoName", ErrorKind.InvalidArgument,
                $"Image '{image}' has no name to push it under. Give a -Destination.", image));
            return;
        }
        foreach (var destination in Destination)
            Attempt(destination, () => Push(image, ImageNames.Parse(destination)));
    }

    private void Push(Image image, ImageReference destination)
    {
        // Of two images under one name, only the second would be found again.
        if (!_taken.TryAdd(destination, image) && _taken[destination].Digest != image.Digest)
        {
            throw new ContainerToolsException("PublishDestinationTaken", ErrorKind.InvalidArgument,
                $"'{image}' cannot be pushed to '{destination.Familiar}': '{_taken[destination]}' was just pushed there. Give each image a destination of its own.", destination);
        }
        if (!ShouldProcess(image.ToString(), $"Push image to {destination}"))
            return;
        WriteObject(Transfer($"Pushing {destination.Familiar}", (progress, token) => Images.PushAsync(image, destination, Options, progress, token)));
    }
}
