namespace ContainerTools;

/// <summary>What takes space in the store.</summary>
public enum DiskUsageKind
{
    /// <summary>Images: their layers as they were fetched, and unpacked.</summary>
    Image,

    /// <summary>Containers: their writable layers and logs.</summary>
    Container,

    /// <summary>Volumes.</summary>
    Volume,

    /// <summary>The build cache: the layers of steps that were executed, and the directories of <c>RUN --mount=type=cache</c>.</summary>
    BuildCache,

    /// <summary>What no image, no container and no work under way needs: remains of what was broken off or killed, layers of images that were removed by force.</summary>
    Leftover,
}
