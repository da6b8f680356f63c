using System.Globalization;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
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
        SessionWorker.Run(paths, SessionOperations.Measure, [path], cancellationToken, line => size = long.Parse(line, CultureInfo.InvariantCulture));
        return size;
    }

    /// <summary>Whether a directory has nothing in it.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    /// <exception cref="ContainerToolsException">SessionFailed.</exception>
    public static bool IsEmpty(StorePaths paths, string directory)
    {
        try
        {
            return !Directory.EnumerateFileSystemEntries(directory).Any();
        }
        catch (UnauthorizedAccessException) when (UserSession.IsNeeded)
        {
            bool empty = false;
            SessionWorker.Run(paths, SessionOperations.IsEmpty, [directory], CancellationToken.None, line => empty = line == "1");
            return empty;
        }
    }

    /// <summary>Copies a tree with its owners.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="source">The directory.</param>
    /// <param name="target">An empty directory.</param>
    /// <param name="cancellationToken">Ends the copy.</param>
    /// <exception cref="LinuxException">Something could not be read or written.</exception>
    /// <exception cref="ContainerToolsException">SessionFailed.</exception>
    public static void Copy(StorePaths paths, string source, string target, CancellationToken cancellationToken)
    {
        if (UserSession.IsNeeded)
        {
            SessionWorker.Run(paths, SessionOperations.CopyTree, [source, target], cancellationToken);
            return;
        }
        using var from = LocalDirectory.Open(source);
        using var to = LocalDirectory.Open(target);
        new TreeCopy(cancellationToken).CopyDirectory(from.Descriptor, to.Descriptor);
    }

    /// <summary>Copies what layers show. The copies belong to whoever runs this process, whatever the layers say.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="layers">The layers' directories, the base first; at least one.</param>
    /// <param name="target">An empty directory.</param>
    /// <param name="cancellationToken">Ends the copy.</param>
    /// <exception cref="LinuxException">Something could not be read or written.</exception>
    /// <exception cref="ContainerToolsException">SessionFailed.</exception>
    public static void TakeFiles(StorePaths paths, IReadOnlyList<string> layers, string target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(layers);
        if (UserSession.IsNeeded)
        {
            SessionWorker.Run(paths, SessionOperations.TakeFiles, [target, .. layers], cancellationToken);
            return;
        }
        using var from = LocalDirectory.OfLayers(layers);
        using var to = LocalDirectory.Open(target);
        new TreeCopy(cancellationToken).CopyDirectory(from.Descriptor, to.Descriptor);
        var (user, group) = (FileCalls.EffectiveUserId, FileCalls.EffectiveGroupId);
        LinuxException.ThrowIfFailed(FileCalls.ChangeOwner(to.Descriptor, user, group), "chown", target);
        TreeVisitor.Visit(to.Descriptor, (parent, name, status) =>
        {
            if (status.UserId == user && status.GroupId == group)
                return;
            LinuxException.ThrowIfFailed(FileCalls.ChangeOwnerAt(parent, name, user, group), "chown", PathBytes.Display(name));
            // A new owner takes the set-user-ID bit away.
            if (status.Type != FileType.SymbolicLink)
                LinuxException.ThrowIfFailed(FileCalls.ChangeModeAt(parent, name, status.Mode), "chmod", PathBytes.Display(name));
        });
    }

    /// <summary>Moves a directory, as <see cref="TreeMove.Move"/> does: also what is in directories that their owner may not write to.</summary>
    /// <exception cref="LinuxException">Something could not be moved.</exception>
    /// <exception cref="ContainerToolsException">SessionFailed.</exception>
    public static void Move(StorePaths paths, string from, string to)
    {
        if (UserSession.IsNeeded)
            SessionWorker.Run(paths, SessionOperations.Move, [from, to], CancellationToken.None);
        else
            TreeMove.Move(from, to);
    }

    /// <summary>Gives files to an owner, and sets their modes.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="files">The files, as <see cref="SetOwner"/> takes them.</param>
    /// <param name="owner">User and group.</param>
    /// <exception cref="LinuxException">A file is not there, or not this user's.</exception>
    /// <exception cref="ContainerToolsException">TooFewIds; SessionFailed.</exception>
    public static void SetOwners(StorePaths paths, IReadOnlyList<(string Path, uint Mode)> files, (uint User, uint Group) owner)
    {
        ArgumentNullException.ThrowIfNull(files);
        if (!UserSession.IsNeeded || owner is (0, 0))
        {
            foreach (var (path, mode) in files)
                SetOwner(paths, path, owner.User, owner.Group, mode);
        }
        else if (files.Count > 0)
        {
            // One process for all of them.
            SessionWorker.Run(paths, SessionOperations.SetOwner, [.. files.SelectMany(f => new[] { f.Path, Text(owner.User), Text(owner.Group), Text(f.Mode) })], CancellationToken.None);
        }
    }

    /// <summary>Gives a file to an owner, and sets its mode.</summary>
    /// <param name="paths">The store.</param>
    /// <param name="path">The file; a link is itself, and keeps its mode.</param>
    /// <param name="user">The user, as containers have it.</param>
    /// <param name="group">The group.</param>
    /// <param name="mode">The mode.</param>
    /// <exception cref="LinuxException">The file is not there, or not this user's.</exception>
    /// <exception cref="ContainerToolsException">TooFewIds: the user has no such id; SessionFailed.</exception>
    public static void SetOwner(StorePaths paths, string path, uint user, uint group, uint mode)
    {
        byte[] name = PathBytes.Terminated(path);
        if (UserSession.IsNeeded && !(user == 0 && group == 0 && IsOwn(name)))
        {
            SessionWorker.Run(paths, SessionOperations.SetOwner, [path, Text(user), Text(group), Text(mode)], CancellationToken.None);
            return;
        }
        if (!UserSession.IsNeeded)
        {
            int result = FileCalls.ChangeOwnerAt(FileCalls.WorkingDirectory, name, user, group);
            if (result == -Errno.EINVAL)
                throw UserSession.TooFewIds(string.Create(CultureInfo.InvariantCulture, $"What is to belong to {user}:{group} cannot be made"), new LinuxException(Errno.EINVAL, "chown", path));
            LinuxException.ThrowIfFailed(result, "chown", path);
        }
        LinuxException.ThrowIfFailed(FileCalls.ChangeModeAt(FileCalls.WorkingDirectory, name, mode), "chmod", path);
    }

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);

    // An ordinary user is 0 in his containers.
    private static bool IsOwn(byte[] path) =>
        FileCalls.StatusAt(FileCalls.WorkingDirectory, path, out var status) >= 0 && status.UserId == FileCalls.EffectiveUserId && status.GroupId == FileCalls.EffectiveGroupId;
}
