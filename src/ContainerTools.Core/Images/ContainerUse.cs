namespace ContainerTools.Core.Images;

/// <summary>What a container needs of the images.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="ImageId">The id of the image that it was made from.</param>
/// <param name="LayerKeys">The unpacked layers that it is mounted on.</param>
internal sealed record ContainerUse(string Name, string ImageId, IReadOnlyList<string> LayerKeys);
