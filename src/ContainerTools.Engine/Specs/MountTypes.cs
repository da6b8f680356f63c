namespace ContainerTools.Engine.Specs;

/// <summary>Types of mounts by which this product tells its own runtime what the runtime-spec has no word for. Such a mount is a bind mount otherwise.</summary>
public static class MountTypes
{
    /// <summary>An image's layers as a read-only tree; the source is their absolute directories, the top one first, one a line.</summary>
    public const string Layers = "containertools.layers";

    /// <summary>What another process has mounted; the source is its process id, a colon, and the path as that process sees it.</summary>
    public const string OfProcess = "containertools.process";
}
