using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <content>Hard links, attributes, and what is left to do at the end.</content>
internal sealed partial class LayerUnpacker
{
    /// <summary>
    /// Sets an extended attribute. Overlayfs's own are left out, since they would let a layer redirect lookups. What this file
    /// system or this kind of file cannot have is left out too, but for capabilities, without which a program would fail.
    /// </summary>
    /// <param name="fd">The file; or its directory, if a name is given.</param>
    /// <param name="name">The file's name in the directory, ending in NUL; empty for the file <paramref name="fd"/> itself.</param>
    /// <param name="attribute">The attribute.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="ContainerToolsException">It is too large for the file system.</exception>
    public static void SetAttribute(int fd, ReadOnlySpan<byte> name, TarExtendedAttribute attribute, ReadOnlySpan<byte> path)
    {
        if (OverlayAttributes.IsOverlays(attribute.Name))
        {
            return;
        }

        byte[] key = PathBytes.Terminated(attribute.Name);
        int result = name.IsEmpty
            ? FileCalls.SetExtendedAttribute(fd, key, attribute.Value)
            : FileCalls.SetExtendedAttributeAt(fd, name, key, attribute.Value);
        switch (result)
        {
            case >= 0:
            case -Errno.EOPNOTSUPP when !attribute.Name.AsSpan().SequenceEqual("security.capability"u8): // Labels of a security module that is not here, say.
            case -Errno.EPERM when !name.IsEmpty && attribute.Name.AsSpan().StartsWith("user."u8): // xattr(7): only files and directories have these.
                break;
            case -Errno.ENOSPC when attribute.Value.Length >= 1024: // ext4 says so when attributes outgrow their block.
            case -Errno.E2BIG or -Errno.ERANGE or -Errno.EINVAL or -Errno.EOPNOTSUPP:
                throw LayerErrors.Attribute(path, attribute, -result);
            default:
                throw new LinuxException(-result, "setxattr", PathBytes.Display(path));
        }
    }

    private void ApplyHardLink(TarEntry entry)
    {
        _target.Set(entry.LinkName.Span, allowAbsolute: true);
        if (_target.IsRoot || _target.IsReserved || _target.IsWhiteout || _target.IsOpaqueMarker)
        {
            throw LayerErrors.HardLink(_path.Path, entry.LinkName.Span, "has a directory or a whiteout as its target");
        }

        var parent = Tree.GetOrCreate(_path.Parent);
        var targetParent = Tree.Find(_target.Parent);
        if (targetParent == parent && _target.Name.SequenceEqual(_path.Name))
        {
            return; // To itself: nothing changes, and removing the name first would lose the file.
        }

        int result = targetParent is null ? -Errno.ENOENT : Link(targetParent, parent);
        if (result == -Errno.EEXIST)
        {
            // Only now, when the target is known to exist: the name may have been its directory's.
            Tree.Remove(parent, _path.Name);
            result = targetParent!.IsRemoved ? -Errno.ENOENT : Link(targetParent, parent);
        }

        switch (result)
        {
            case -Errno.ENOENT:
                Tree.Remove(parent, _path.Name);
                HardLinks[parent.PathOf(_path.Name)] = new PendingHardLink(parent, _path.Name.ToArray(), _target.Path.ToArray());
                break;
            case -Errno.EPERM:
                throw LayerErrors.HardLink(_path.Path, _target.Path, "has a directory as its target");
            default:
                Check(result, "linkat");
                break;
        }
    }

    private int Link(StagedDirectory targetParent, StagedDirectory parent)
    {
        // Opening the second may close the first, not the other way round again.
        _ = Tree.Open(targetParent);
        int to = Tree.Open(parent);
        int from = Tree.Open(targetParent);
        return FileCalls.LinkAt(from, _target.Name, parent.Descriptor >= 0 ? to : Tree.Open(parent), _path.Name);
    }

    // Where the layer has an entry and a whiteout of one name, the entry wins; a directory then hides what is below it.
    private void ResolveWhiteouts()
    {
        var pending = new List<(byte[], byte[])>();
        foreach (var (path, name) in Whiteouts)
        {
            var directory = Tree.Find(path);
            if (directory is null)
            {
                pending.Add((path, name));
                continue;
            }

            if (Tree.FindExact(directory.PathOf(name)) is { } hidden)
            {
                hidden.IsFresh = true;
            }
            else if (FileCalls.StatusAt(Tree.Open(directory), name, out _) == -Errno.ENOENT && !directory.HidesBelow
                && !HardLinks.ContainsKey(directory.PathOf(name)))
            {
                pending.Add((path, name));
            }
        }

        Whiteouts = pending;
    }
}
