using ContainerTools.Engine.Contents;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Files;

/// <summary>Writes a new directory, and those it lies in.</summary>
/// <param name="below">What is there.</param>
/// <param name="entries">Takes the entries.</param>
internal sealed class DirectoryWriter(FileSource below, EntryArchive entries)
{
    /// <summary>Writes the directory of a path, which has no links in it.</summary>
    /// <returns>How many entries that were.</returns>
    internal long Make(byte[] path, (uint User, uint Group) owner, FileTime now)
    {
        byte[] current = [];
        foreach (byte[] part in RootedPath.Components(path))
        {
            current = RootedPath.Join(current, part);
            if (!below.TryFind(current, out var status))
            {
                entries.WriteNewDirectory(current, 0x1ED /* 0755 */, owner.User, owner.Group, now);
            }
            else if (status.IsDirectory)
            {
                entries.Write(below.Root!, PathBytes.Terminated(current), current, status);
            }
            else
            {
                throw new BuildProblemException("BuildDestinationNotDirectory", $"'/{PathBytes.Display(current)}' in the image is not a directory, so nothing can be made in it");
            }
        }

        return entries.Count;
    }
}
