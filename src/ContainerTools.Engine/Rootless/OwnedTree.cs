using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Engine.Rootless;

/// <summary>Trees whose files may belong to any of the user's ids.</summary>
public static class OwnedTree
{
    /// <summary>Removes a tree; nothing there is fine.</summary>
    /// <exception cref="LinuxException">Something could not be removed.</exception>
    /// <exception cref="ContainerToolsException">SessionFailed.</exception>
    public static void Remove(StorePaths paths, string path)
    {
        try
        {
            TreeRemoval.Remove(path);
        }
        catch (LinuxException e) when (UserSession.IsNeeded && e.Errno is Errno.EACCES or Errno.EPERM)
        {
            SessionWorker.Run(paths, SessionOperations.Remove, [path], CancellationToken.None);
        }
    }

    /// <summary>Bytes that a tree takes on disk, as <see cref="TreeSize.Measure"/> has it.</summary>
    /// <exception cref="ContainerToolsException">SessionFailed.</exception>
    public static long Measure(StorePaths paths, string path, CancellationToken cancellationToken)
    {
        if (!UserSession.IsNeeded)
            return TreeSize.Measure(path, cancellationToken);
        long size = 0;
        SessionWorker.Run(paths, SessionOperations.Measure, [path], cancellationToken, line => size = long.Parse(line, System.Globalization.CultureInfo.InvariantCulture));
        return size;
    }
}
