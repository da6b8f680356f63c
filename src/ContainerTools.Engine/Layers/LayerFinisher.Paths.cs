using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Engine.Layers;

/// <content>Ways through the layer on top of those below, and moving what a link below leads elsewhere.</content>
internal sealed partial class LayerFinisher
{
    // A directory's path without symbolic links, in the layer on top of those below; null if there is none.
    private byte[]? Resolve(ReadOnlySpan<byte> path)
    {
        int links = 0;
        return Follow([], path, path, create: false, ref links);
    }

    private byte[]? Follow(byte[] from, ReadOnlySpan<byte> components, ReadOnlySpan<byte> whole, bool create, ref int links)
    {
        byte[]? current = from;
        bool missing = false;
        while (!components.IsEmpty && current is not null)
        {
            var component = PathBytes.TakeComponent(ref components);
            if (component.IsEmpty || component is [(byte)'.'])
            {
                continue;
            }

            if (component is [(byte)'.', (byte)'.'])
            {
                // Links below are those of the whole image: its root is where they end.
                current = current[..Math.Max(current.AsSpan().LastIndexOf((byte)'/'), 0)];
                continue;
            }

            current = missing ? Join(current, component) : Step(current, component, whole, create, ref links, ref missing);
        }

        return current;
    }

    private byte[]? Step(byte[] current, ReadOnlySpan<byte> component, ReadOnlySpan<byte> whole, bool create, ref int links, ref bool missing)
    {
        byte[] next = Join(current, component);
        if (_tree.FindExact(next) is { } known && !(known.NeedsBelow && !_done.Contains(known)))
        {
            return next;
        }

        byte[] name = PathBytes.Terminated(component);
        byte[]? target = null;
        bool found = false;
        var staged = _tree.FindExact(current);
        if (_tree.FindExact(next) is null && staged is not null && FileCalls.StatusAt(_tree.Open(staged), name, out var status) >= 0)
        {
            found = true;
            target = status.Type == FileType.SymbolicLink ? ReadLink(_tree.Open(staged), name) : null;
            if (target is [(byte)'/', ..])
            {
                throw LayerErrors.Escapes(whole, $"goes through the symbolic link '{PathBytes.Display(next)}' to '{PathBytes.Display(target)}'");
            }
        }
        else if (staged is not { HidesBelow: true } && below.TryFind(current, name, out int lower, out status))
        {
            if (status.IsDirectory)
            {
                return next;
            }

            found = true;
            target = status.Type == FileType.SymbolicLink ? ReadLink(lower, name) : null;
        }

        if (target is not null)
        {
            return ++links > MaximumLinks
                ? throw LayerErrors.Invalid(whole, "goes through too many symbolic links")
                : Follow(target[0] == '/' ? [] : current, target, whole, create, ref links);
        }

        if (found)
        {
            return create ? throw LayerErrors.Invalid(whole, $"goes through '{PathBytes.Display(next)}', which is not a directory") : null;
        }

        missing = create && _tree.FindExact(next) is null;
        return create || _tree.FindExact(next) is not null ? next : null;
    }

    // A directory that the layer only implies is a symbolic link below: what is in it belongs where the link leads.
    private void Relocate(StagedDirectory directory, byte[] target)
    {
        int links = 1;
        byte[] path = Follow(target is [(byte)'/', ..] ? [] : directory.Parent!.Path, target, directory.Path, create: true, ref links)!;
        if (path.AsSpan().SequenceEqual(directory.Path) || path.AsSpan().StartsWith([.. directory.Path, (byte)'/']))
        {
            throw LayerErrors.Invalid(directory.Path, "goes through a symbolic link to itself");
        }

        Move(directory, _tree.GetOrCreate(path));
        _tree.Remove(directory.Parent!, directory.NameTerminated);
    }

    private void Move(StagedDirectory from, StagedDirectory to)
    {
        to.IsOpaque |= from.IsOpaque;
        var names = new List<byte[]>();
        int listing = LayerErrors.Check(FileCalls.OpenAt(_tree.Open(from), ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory), "openat", from.Path);
        try
        {
            using var entries = new DirectoryEntries(listing);
            while (entries.MoveNext())
            {
                names.Add(entries.Name.ToArray());
            }

            foreach (byte[] name in names)
            {
                if (_tree.FindExact(from.PathOf(name)) is { } child)
                {
                    MoveDirectory(child, to, name);
                    continue;
                }

                _tree.Remove(to, name);
                LayerErrors.Check(FileCalls.RenameAt(listing, name, _tree.Open(to), name), "renameat", from.PathOf(name));
            }
        }
        finally
        {
            FileCalls.Close(listing);
        }

        foreach (var (path, link) in layer.HardLinks.ToList())
        {
            if (link.Directory == from)
            {
                layer.HardLinks.Remove(path);
                layer.HardLinks[to.PathOf(link.Name)] = link with { Directory = to };
            }
        }
    }

    private void MoveDirectory(StagedDirectory child, StagedDirectory to, byte[] name)
    {
        var made = _tree.Make(to, name, child.IsExplicit);
        if (child.IsExplicit)
        {
            _ = _tree.Open(child);
            _ = _tree.Open(made);
            FileCopy.CopyAttributes(_tree.Open(child), _tree.Open(made));
            made.ModifyTime = child.ModifyTime;
            made.AccessTime = child.AccessTime;
            made.DeferredAttributes = child.DeferredAttributes;
            made.HasSetGroup = child.HasSetGroup;
        }

        made.IsFresh |= child.IsFresh;
        Move(child, made);
    }

    private static byte[] Join(byte[] path, ReadOnlySpan<byte> name) => path.Length == 0 ? name.ToArray() : [.. path, (byte)'/', .. name];
}
