namespace ContainerTools.Engine.Layers;

/// <summary>A hard link to a file of a lower layer.</summary>
/// <param name="Directory">Where the link is to be.</param>
/// <param name="Name">Its name, ending in NUL.</param>
/// <param name="Target">The target's path in the layer, without NUL.</param>
internal sealed record PendingHardLink(StagedDirectory Directory, byte[] Name, byte[] Target);
