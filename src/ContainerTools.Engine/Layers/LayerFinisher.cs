using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// Finishes a layer that leans on what is below: implied directories take over owner, mode, times and attributes; where a symbolic link is below, what is
/// in such a directory moves to where the link leads, as it would have been written; whiteouts of what is not there are dropped; hard links to files below
/// get a copy of the file.
/// </summary>
internal sealed partial class LayerFinisher(LayerUnpacker layer, LowerTree below)
{
    private const int MaximumLinks = 40;

    private readonly StagingTree _tree = layer.Tree;
    private readonly HashSet<StagedDirectory> _done = [];

    /// <summary>Does it.</summary>
    /// <exception cref="ContainerToolsException">A hard link has no target.</exception>
    /// <exception cref="LinuxException">A call failed.</exception>
    public void Run()
    {
        FinishImplied();
        MakeWhiteouts();
        if (_tree.Root.IsOpaque)
        {
            HideEverythingBelow();
        }

        MakeHardLinks();
        FinishImplied();
        _tree.Seal();
        if (!_tree.Root.IsExplicit && below.TopRoot is { } root)
        {
            var status = FileCopy.CopyAttributes(root, _tree.Root.Descriptor, static n => OverlayAttributes.IsOverlays(n));
            LinuxException.ThrowIfFailed(FileCalls.SetTimes(_tree.Root.Descriptor, status.AccessTime, status.ModifyTime), "utimensat");
        }
    }

    private void FinishImplied()
    {
        // Moving makes new ones, so look until there are none left; parents come before what is in them.
        while (_tree.Directories.Where(d => d.NeedsBelow && !_done.Contains(d)).OrderBy(d => d.Path.Length).ToList() is { Count: > 0 } implied)
        {
            foreach (var directory in implied)
            {
                if (!directory.IsRemoved && _done.Add(directory))
                {
                    Finish(directory);
                }
            }
        }
    }

    private void Finish(StagedDirectory directory)
    {
        byte[] name = directory.NameTerminated;
        if (!below.TryFind(directory.Parent!.Path, name, out int lower, out var status))
        {
            return; // There is none: it keeps the defaults.
        }

        if (status.IsDirectory)
        {
            int source = LinuxException.ThrowIfFailed(
                FileCalls.OpenAt(lower, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow), "openat", PathBytes.Display(directory.Path));
            try
            {
                FileCopy.CopyAttributes(source, _tree.Open(directory), static n => OverlayAttributes.IsOverlays(n));
                directory.ModifyTime = status.ModifyTime;
                directory.AccessTime = status.AccessTime;
            }
            finally
            {
                FileCalls.Close(source);
            }
        }
        else if (status.Type == FileType.SymbolicLink)
        {
            Relocate(directory, ReadLink(lower, name));
        }
    }

    private void MakeWhiteouts()
    {
        foreach (var (path, name) in layer.Whiteouts)
        {
            if (Resolve(path) is not { } canonical || Exists(canonical, name) || !below.TryFind(canonical, name, out _, out _))
            {
                continue;
            }

            MakeWhiteout(_tree.GetOrCreate(canonical), name);
        }
    }

    private void MakeWhiteout(StagedDirectory directory, ReadOnlySpan<byte> name) => LayerErrors.Check(
        FileCalls.MakeNodeAt(_tree.Open(directory), name, FileType.CharacterDevice, 0, 0, 0), "mknodat", directory.PathOf(name));

    // Whether the layer has an entry of its own, or hides what is below anyway. A directory of its own then hides what is below it.
    private bool Exists(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name)
    {
        if (_tree.FindExact(directory) is not { } staged)
        {
            return false;
        }

        if (_tree.FindExact(staged.PathOf(name)) is { } hidden)
        {
            hidden.IsFresh = true;
            return true;
        }

        return staged.HidesBelow || FileCalls.StatusAt(_tree.Open(staged), name, out _) >= 0 || layer.HardLinks.ContainsKey(staged.PathOf(name));
    }

    // Overlayfs takes no notice of an opaque root, so everything in the root below is hidden one by one.
    private void HideEverythingBelow()
    {
        foreach (byte[] name in below.RootNames())
        {
            if (_tree.FindExact(name.AsSpan(0, name.Length - 1)) is { } directory)
            {
                directory.IsOpaque = true;
            }
            else if (FileCalls.StatusAt(_tree.Open(_tree.Root), name, out _) == -Errno.ENOENT)
            {
                MakeWhiteout(_tree.Root, name);
            }
        }
    }

    private void MakeHardLinks()
    {
        foreach (var (_, link) in layer.HardLinks)
        {
            if (link.Directory.IsRemoved || FileCalls.StatusAt(_tree.Open(link.Directory), link.Name, out _) >= 0)
            {
                continue; // A later entry took its place.
            }

            int slash = link.Target.AsSpan().LastIndexOf((byte)'/');
            byte[] name = PathBytes.Terminated(link.Target.AsSpan(slash + 1));
            var directory = Resolve(link.Target.AsSpan(0, Math.Max(slash, 0))) is { } canonical ? CopyUp(canonical, name) : null;
            if (directory is null)
            {
                throw LayerErrors.HardLink(link.Directory.PathOf(link.Name), link.Target, "has a target that is neither in the layer nor in those below");
            }

            _ = _tree.Open(directory);
            _ = _tree.Open(link.Directory);
            int from = _tree.Open(directory);
            int result = FileCalls.LinkAt(from, name, _tree.Open(link.Directory), link.Name);
            if (result == -Errno.EPERM)
            {
                throw LayerErrors.HardLink(link.Directory.PathOf(link.Name), link.Target, "has a directory as its target");
            }

            LayerErrors.Check(result, "linkat", link.Target);
        }
    }

    // The directory of the layer that has the file, after copying it there from below if need be; null if there is no such file.
    private StagedDirectory? CopyUp(byte[] canonical, byte[] name)
    {
        var directory = _tree.FindExact(canonical);
        if (directory is not null && FileCalls.StatusAt(_tree.Open(directory), name, out var own) >= 0)
        {
            return own.IsWhiteout ? null : directory;
        }

        if (directory is { HidesBelow: true } || !below.TryFind(canonical, name, out int lower, out var status) || status.IsDirectory)
        {
            return null;
        }

        directory = _tree.GetOrCreate(canonical);
        FileCopy.Copy(lower, name, _tree.Open(directory), name, static n => OverlayAttributes.IsOverlays(n));
        return directory;
    }

    private static byte[] ReadLink(int directory, ReadOnlySpan<byte> name)
    {
        byte[] target = new byte[4096];
        int length = LinuxException.ThrowIfFailed(FileCalls.ReadLinkAt(directory, name, target), "readlinkat", PathBytes.Display(name));
        return target[..length];
    }
}
