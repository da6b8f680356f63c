using System.Text;
using ContainerTools.Core.Build.Files;

namespace ContainerTools.Core.Build.Sources;

/// <summary>A build context as a directory of this machine.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="IsForeign">Whether somebody else has filled it, so that links in it must not lead out of it.</param>
/// <param name="Containerfile">The Containerfile, where the context came as one.</param>
internal sealed record OpenedContext(string Directory, bool IsForeign, byte[]? Containerfile)
{
    /// <summary>The path of a file in the context, or of one that the user names.</summary>
    internal string Resolve(string name)
    {
        if (!IsForeign)
        {
            return Path.Combine(Directory, name);
        }

        using var root = FileSource.OfDirectory(Directory);
        return Path.Combine(Directory, Encoding.UTF8.GetString(RootedPath.Resolve(root.Root, Encoding.UTF8.GetBytes(name))));
    }
}
