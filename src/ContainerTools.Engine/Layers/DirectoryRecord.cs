using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>What a directory in a staged layer is to look like in the end. It is applied last: whatever happens in a directory changes its time.</summary>
/// <param name="Mode">Permission bits.</param>
/// <param name="ModifyTime">Its time.</param>
/// <param name="Implied">The layer has entries in it but none for itself: the layers below say what it looks like.</param>
internal sealed record DirectoryRecord(uint Mode, FileTime ModifyTime, bool Implied)
{
    /// <summary>What a directory that nobody describes looks like.</summary>
    public static DirectoryRecord Default { get; } = new(0b111_101_101, FileTime.Epoch, Implied: true);
}
