using ContainerTools.Engine;
using ContainerTools.Engine.Events;
using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

public sealed partial class ImageStore
{
    /// <summary>Pulls an image from its registry. What is there already is not fetched again; until all is there, nothing of it is visible.</summary>
    /// <param name="reference">The image.</param>
    /// <param name="options">How to pull.</param>
    /// <param name="progress">Told of each layer's progress, on any thread.</param>
    /// <param name="ct">Cancels; complete blobs stay for a later attempt.</param>
    /// <exception cref="ContainerToolsException">Any of the errors of registries, manifests and layers.</exception>
    public async Task<Image> PullAsync(ImageReference reference, PullOptions options, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(options);
        var image = await new ImagePuller(paths, content, layers, catalog, this.options).PullAsync(reference, options, progress, ct);
        Record(ContainerEventAction.Pull, image);
        return image;
    }

    /// <summary>
    /// Pushes an image to a registry, as it is: the copy there has the image's digest. What the registry has is not sent again, and what another of its
    /// repositories has is taken from there.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="destination">The name that it gets in the registry.</param>
    /// <param name="options">How to push.</param>
    /// <param name="progress">Told of each blob's progress, on any thread.</param>
    /// <param name="ct">Cancels; the tag then still names what it named.</param>
    /// <exception cref="ContainerToolsException">
    /// <c>ImageNotFound</c>, <c>ImageContentMissing</c>, <c>ContentDamaged</c>, <c>RegistryAuthenticationFailed</c>, <c>RegistryAccessDenied</c>,
    /// <c>RegistryDigestMismatch</c>, <c>RegistryManifestRefused</c>, and those of the network.
    /// </exception>
    public async Task<PublishedImage> PushAsync(Image image, ImageReference destination, PushOptions options, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(options);
        using var held = Hold(image, ct);
        var pushed = await new ImagePusher(content, catalog, this.options).PushAsync(image, destination, options, progress, ct);
        EventLog.Add(paths.Root, ContainerEventType.Image, ContainerEventAction.Push, image.Id, pushed.ToString());
        return pushed;
    }

    /// <summary>Pushes images of several platforms, and an index of them under the destination's tag: whoever pulls that gets the image of their platform.</summary>
    /// <param name="images">The images, one for each platform, in the order that the index has.</param>
    /// <param name="destination">The name that the index gets, with a tag.</param>
    /// <param name="options">How to push.</param>
    /// <param name="progress">Told of each blob's progress, on any thread.</param>
    /// <param name="ct">Cancels; the tag then still names what it named.</param>
    /// <exception cref="ContainerToolsException"><c>IndexPlatformTwice</c>, <c>IndexNeedsTag</c>, and those of <see cref="PushAsync"/>.</exception>
    public async Task<PublishedImage> PushIndexAsync(
        IReadOnlyList<Image> images, ImageReference destination, PushOptions options, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(options);
        var holds = new List<IDisposable>();
        try
        {
            foreach (var image in images)
            {
                holds.Add(Hold(image, ct));
            }

            var pushed = await new ImagePusher(content, catalog, this.options).PushIndexAsync(images, destination, options, progress, ct);
            foreach (var image in images)
            {
                EventLog.Add(paths.Root, ContainerEventType.Image, ContainerEventAction.Push, image.Id, pushed.ToString());
            }

            return pushed;
        }
        finally
        {
            holds.ForEach(static h => h.Dispose());
        }
    }
}
