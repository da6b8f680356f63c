using ContainerTools.Engine.RootFileSystems;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Layers;

/// <summary>Finishes a staged layer: what leans on the layers below takes its shape from them, then every directory gets its mode and time.</summary>
internal sealed class LayerFinisher(StagedLayer staged, LayerTree tree)
{
    private const ResolveFlags Strict = ResolveFlags.Beneath | ResolveFlags.NoSymbolicLinks | ResolveFlags.NoMagicLinks;
    private const int PathOnly = OpenFlags.Path;

    /// <summary>Settles what needs the layers below.</summary>
    /// <param name="lower">Their directories, the topmost first; empty for a bottom layer.</param>
    public void Settle(IReadOnlyList<string> lower)
    {
        if (lower.Count == 0)
        {
            Settle((SafeFileHandle?)null);
            return;
        }
        // On older kernels mounting takes a mount namespace, which belongs to a thread: one that ends with the work.
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var view = RootFileSystem.Mount(new OverlayLayers(lower));
                Settle(view);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Gives every directory its mode and time, the innermost first.</summary>
    public void DescribeDirectories()
    {
        foreach (var (path, record) in staged.Directories.OrderByDescending(pair => pair.Key.Length))
        {
            using var fd = new SafeFileHandle(LinuxException.ThrowIfFailed(
                path.Length == 0 ? FileCalls.OpenAt(tree.Root, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory) : tree.TryOpen(path, OpenFlags.ReadOnly | OpenFlags.Directory),
                "openat2", TarEntry.ToText(path)), ownsHandle: true);
            var number = (int)fd.DangerousGetHandle();
            LinuxException.ThrowIfFailed(FileCalls.ChangeMode(number, record.Mode), "fchmod", TarEntry.ToText(path));
            LinuxException.ThrowIfFailed(FileCalls.SetTimes(number, record.ModifyTime, record.ModifyTime), "futimens", TarEntry.ToText(path));
        }
    }

    private void Settle(SafeFileHandle? view)
    {
        foreach (var path in staged.Directories.Where(pair => pair.Value.Implied).Select(pair => pair.Key).OrderBy(path => path.Length).ToArray())
        {
            if (staged.Directories.ContainsKey(path))
                SettleDirectory(path, view);
        }
        foreach (var path in staged.Whiteouts.ToArray())
        {
            // A whiteout of nothing would show up as a device in a directory that no other layer has.
            if (view is null || Status(view, path) is null)
            {
                LinuxException.ThrowIfFailed(FileCalls.UnlinkAt(tree.Directory(Paths.Parent(path), path), Paths.Bytes(Paths.Name(path))), "unlinkat", TarEntry.ToText(path));
                staged.Whiteouts.Remove(path);
            }
        }
        foreach (var (path, target) in staged.PendingLinks.ToArray())
            SettleLink(path, target, view, depth: 0);
    }

    private void SettleDirectory(string path, SafeFileHandle? view)
    {
        if (view is null)
            return;
        var fd = FileCalls.OpenAt2((int)view.DangerousGetHandle(), Paths.Bytes(path), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, Strict);
        if (fd is -Errno.ELOOP or -Errno.ENOTDIR)
        {
            Relocate(path, view);
            return;
        }
        if (fd == -Errno.ENOENT)
            return;
        using var below = new SafeFileHandle(LinuxException.ThrowIfFailed(fd, "openat2", TarEntry.ToText(path)), ownsHandle: true);
        LinuxException.ThrowIfFailed(FileCalls.Status(fd, out var status), "statx", TarEntry.ToText(path));
        var parent = path.Length == 0 ? tree.Root : tree.Directory(Paths.Parent(path), path);
        var name = path.Length == 0 ? Paths.Bytes("") : Paths.Bytes(Paths.Name(path));
        LinuxException.ThrowIfFailed(FileCalls.ChangeOwnerAt(parent, name, status.UserId, status.GroupId), "fchownat", TarEntry.ToText(path));
        CopyAttributes(fd, Paths.Bytes(""), parent, name);
        staged.Directories[path] = new DirectoryRecord(status.Mode & 0xfff, status.ModifyTime, Implied: false);
    }

    /// <summary>
    /// A directory that the layer only implies is a symbolic link below: what the layer has in it belongs where the link leads, as it would had the layer
    /// been unpacked on top of the others.
    /// </summary>
    private void Relocate(string path, SafeFileHandle view)
    {
        var fd = FileCalls.OpenAt2((int)view.DangerousGetHandle(), Paths.Bytes(path), PathOnly | OpenFlags.Directory, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks);
        if (fd < 0)
            throw Paths.Unsafe(path, "the layers below have something there that is not a directory");
        string resolved;
        using (new SafeFileHandle(fd, ownsHandle: true))
        {
            Span<byte> target = stackalloc byte[4096];
            var length = LinuxException.ThrowIfFailed(FileCalls.ReadLinkAt(FileCalls.WorkingDirectory, Paths.Bytes($"/proc/self/fd/{fd}"), target), "readlink", TarEntry.ToText(path));
            resolved = System.Text.Encoding.Latin1.GetString(target[..length]).TrimStart('/');
        }
        if (resolved == path || Paths.IsBeneath(resolved, path))
            throw Paths.Unsafe(path, "a symbolic link below leads back into it");
        Merge(path, resolved, view);
        LinuxException.ThrowIfFailed(FileCalls.RemoveDirectoryAt(tree.Directory(Paths.Parent(path), path), Paths.Bytes(Paths.Name(path))), "rmdir", TarEntry.ToText(path));
        tree.Forget(path);
    }

    private void Merge(string from, string to, SafeFileHandle view)
    {
        if (to.Length > 0 && !staged.Directories.ContainsKey(to))
        {
            _ = tree.Directory(to, from);
            for (var above = to; above.Length > 0; above = Paths.Parent(above))
            {
                if (staged.Directories[above].Implied)
                    SettleDirectory(above, view);
            }
        }
        using var source = new SafeFileHandle(LinuxException.ThrowIfFailed(tree.TryOpen(from, OpenFlags.ReadOnly | OpenFlags.Directory), "openat2", TarEntry.ToText(from)), ownsHandle: true);
        foreach (var name in FileCalls.ReadDirectory((int)source.DangerousGetHandle()))
        {
            var text = System.Text.Encoding.Latin1.GetString(name.AsSpan(0, name.Length - 1));
            string old = Paths.Join(from, text), moved = Paths.Join(to, text);
            if (staged.Directories.ContainsKey(old) && staged.Directories.ContainsKey(moved))
            {
                Merge(old, moved, view);
                LinuxException.ThrowIfFailed(FileCalls.RemoveDirectoryAt((int)source.DangerousGetHandle(), name), "rmdir", TarEntry.ToText(old));
                continue;
            }
            var target = tree.Directory(to, from);
            tree.Clear(moved, target, name);
            LinuxException.ThrowIfFailed(FileCalls.RenameAt((int)source.DangerousGetHandle(), name, target, name), "renameat", TarEntry.ToText(old));
            Rename(old, moved);
        }
        foreach (var (link, linkTarget) in staged.PendingLinks.Where(pair => Paths.Parent(pair.Key) == from).ToArray())
        {
            staged.PendingLinks.Remove(link);
            staged.PendingLinks[Paths.Join(to, Paths.Name(link))] = linkTarget;
        }
    }

    private void Rename(string old, string moved)
    {
        foreach (var (path, record) in staged.Directories.Where(pair => pair.Key == old || Paths.IsBeneath(pair.Key, old)).ToArray())
            staged.Directories[moved + path[old.Length..]] = record;
        foreach (var path in staged.Whiteouts.Where(path => path == old || Paths.IsBeneath(path, old)).ToArray())
            staged.Whiteouts.Add(moved + path[old.Length..]);
        foreach (var (path, target) in staged.PendingLinks.Where(pair => Paths.IsBeneath(pair.Key, old)).ToArray())
            staged.PendingLinks[moved + path[old.Length..]] = target;
        tree.Forget(old);
    }

    private void SettleLink(string path, string target, SafeFileHandle? view, int depth)
    {
        if (!staged.PendingLinks.Remove(path))
            return;
        // A link to a link that waits itself.
        if (staged.PendingLinks.TryGetValue(target, out var next) && depth < 64)
            SettleLink(target, next, view, depth + 1);
        if (!tree.TryStatus(target, out var status))
        {
            if (view is null || Status(view, target) is not { IsDirectory: false } below)
                throw Paths.Unsafe(path, $"it is a hard link to '{TarEntry.ToText(target)}', which is no file in this layer or below it");
            // As when the link is made in a running container: the file comes up into this layer, under both names.
            CopyUp(target, below, view);
            status = below;
        }
        if (status.IsWhiteout || status.IsDirectory)
            throw Paths.Unsafe(path, $"it is a hard link to '{TarEntry.ToText(target)}', which is no file");
        LinuxException.ThrowIfFailed(FileCalls.LinkAt(tree.Directory(Paths.Parent(target), path), Paths.Bytes(Paths.Name(target)),
            tree.Directory(Paths.Parent(path), path), Paths.Bytes(Paths.Name(path))), "linkat", TarEntry.ToText(path));
    }

    private void CopyUp(string path, FileStatus status, SafeFileHandle view)
    {
        var missing = new Stack<string>();
        for (var above = Paths.Parent(path); above.Length > 0 && !staged.Directories.ContainsKey(above); above = Paths.Parent(above))
            missing.Push(above);
        foreach (var above in missing)
        {
            _ = tree.Directory(above, path);
            SettleDirectory(above, view);
        }
        var parent = tree.Directory(Paths.Parent(path), path);
        var name = Paths.Bytes(Paths.Name(path));
        using var belowParent = new SafeFileHandle(LinuxException.ThrowIfFailed(
            FileCalls.OpenAt2((int)view.DangerousGetHandle(), Paths.Bytes(Paths.Parent(path)), PathOnly | OpenFlags.Directory, 0, Strict), "openat2", TarEntry.ToText(path)), ownsHandle: true);
        var from = (int)belowParent.DangerousGetHandle();
        switch (status.Type)
        {
            case FileType.Regular:
                CopyData(path, from, parent, name, status.Size);
                break;
            case FileType.SymbolicLink:
                var link = new byte[4096];
                var length = LinuxException.ThrowIfFailed(FileCalls.ReadLinkAt(from, name, link), "readlinkat", TarEntry.ToText(path));
                LinuxException.ThrowIfFailed(FileCalls.SymbolicLinkAt([.. link.AsSpan(0, length), 0], parent, name), "symlinkat", TarEntry.ToText(path));
                break;
            default:
                LinuxException.ThrowIfFailed(FileCalls.MakeNodeAt(parent, name, status.Type, status.Mode & 0xfff, status.NodeMajor, status.NodeMinor), "mknodat", TarEntry.ToText(path));
                break;
        }
        LinuxException.ThrowIfFailed(FileCalls.ChangeOwnerAt(parent, name, status.UserId, status.GroupId), "fchownat", TarEntry.ToText(path));
        if (status.Type != FileType.SymbolicLink)
            LinuxException.ThrowIfFailed(FileCalls.ChangeModeAt(parent, name, status.Mode & 0xfff), "fchmodat", TarEntry.ToText(path));
        CopyAttributes(from, name, parent, name);
        LinuxException.ThrowIfFailed(FileCalls.SetTimesAt(parent, name, status.AccessTime, status.ModifyTime), "utimensat", TarEntry.ToText(path));
        staged.Size += status.Size;
    }

    private static void CopyData(string path, int fromDirectory, int parent, byte[] name, long size)
    {
        using var source = new SafeFileHandle(LinuxException.ThrowIfFailed(FileCalls.OpenAt(fromDirectory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow), "openat", TarEntry.ToText(path)), ownsHandle: true);
        using var target = new SafeFileHandle(LinuxException.ThrowIfFailed(
            FileCalls.OpenAt(parent, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0b110_000_000), "openat", TarEntry.ToText(path)), ownsHandle: true);
        var buffer = new byte[1 << 17];
        for (long offset = 0; offset < size;)
        {
            var length = RandomAccess.Read(source, buffer, offset);
            if (length == 0)
                break;
            RandomAccess.Write(target, buffer.AsSpan(0, length), offset);
            offset += length;
        }
    }

    private static void CopyAttributes(int fromDirectory, byte[] fromName, int toDirectory, byte[] toName)
    {
        foreach (var attribute in FileCalls.ListAttributesAt(fromDirectory, fromName))
        {
            if (!attribute.StartsWith("trusted.overlay.", StringComparison.Ordinal) && FileCalls.GetAttributeAt(fromDirectory, fromName, attribute) is { } value)
                _ = FileCalls.SetAttributeAt(toDirectory, toName, attribute, value);
        }
    }

    private static FileStatus? Status(SafeFileHandle view, string path)
    {
        var fd = FileCalls.OpenAt2((int)view.DangerousGetHandle(), Paths.Bytes(path), PathOnly | OpenFlags.NoFollow, 0, Strict);
        if (fd < 0)
            return null;
        using var file = new SafeFileHandle(fd, ownsHandle: true);
        return FileCalls.Status(fd, out var status) >= 0 ? status : null;
    }
}
