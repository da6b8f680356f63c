using ContainerTools.Oci;

namespace ContainerTools.Core.Images;

/// <summary>How an image is made of a container or of files.</summary>
public sealed record NewImageOptions
{
    /// <summary>The image's names; without one it can be found by its id.</summary>
    public IReadOnlyList<ImageReference> Names { get; init; } = [];

    /// <summary>What is otherwise in its configuration than in that of the image below.</summary>
    public ImageChanges Changes { get; init; } = new();

    /// <summary>A note in its history.</summary>
    public string? Message { get; init; }

    /// <summary>Makes one layer of everything, without the layers of the container's image.</summary>
    public bool Squash { get; init; }

    /// <summary>What an image made of files runs on; this machine by default.</summary>
    public Platform? Platform { get; init; }

    /// <summary>The time that the image says it was made at, and the latest its files say: for the same digest at any time. Null: now, and as they are.</summary>
    public DateTimeOffset? SourceDate { get; init; }
}
