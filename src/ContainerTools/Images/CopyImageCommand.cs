using System.Management.Automation;
using ContainerTools.Binding;
using ContainerTools.Cmdlets;
using ContainerTools.Core.Images;
using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>Copies images from one registry to another, with all their platforms, without pulling them.</summary>
[Cmdlet(VerbsCommon.Copy, "Image", SupportsShouldProcess = true)]
[OutputType(typeof(PublishedImage))]
public sealed class CopyImageCommand : RegistryUserCommand
{
    private readonly Dictionary<ImageReference, string> _taken = [];

    /// <summary>The images in their registries, with tag or digest; or what Find-Image gave.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Reference", "Image", "Source")]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>The names of the copy, with registry and tag.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Destination { get; set; } = [];

    /// <summary>Copies only the image for one platform, as <c>linux/arm64</c>; by default all, and the index of them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <summary>User and password for the registry that is read. -Credential is for the one that is written.</summary>
    [Parameter]
    [Credential]
    public PSCredential? SourceCredential { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            foreach (var destination in Destination)
                Attempt(name, () => Copy(ImageNames.Parse(name), ImageNames.Parse(destination)));
        }
    }

    private void Copy(ImageReference source, ImageReference destination)
    {
        // Of two images under one name, only the second would be found again.
        if (!_taken.TryAdd(destination, source.Familiar) && _taken[destination] != source.Familiar)
        {
            throw new Engine.ContainerToolsException("PublishDestinationTaken", Engine.ErrorKind.InvalidArgument,
                $"'{source.Familiar}' cannot be copied to '{destination.Familiar}': '{_taken[destination]}' was just copied there. Give each image a destination of its own.", destination);
        }
        if (!ShouldProcess(source.ToString(), $"Copy image to {destination}"))
            return;
        var options = new CopyOptions
        {
            Platform = ImageNames.ParsePlatform(Platform),
            SourceCredential = Convert(SourceCredential),
            Credential = Convert(Credential),
            Trust = Trust,
        };
        WriteObject(Transfer($"Copying {source.Familiar}", (progress, token) => new ImageCopier().CopyAsync(source, destination, options, progress, token)));
    }
}
