using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>
/// What a stack of layers looks like from above, as overlayfs would show it (whiteouts, opaque directories, directories merged), without mounting it.
/// </summary>
internal sealed class LowerTree : IDisposable
{
    private readonly List<(byte[] Name, List<int> Descriptors)> _stack = [];

    /// <summary>Opens a stack.</summary>
    /// <param name="layers">The layers' directories, the top one first.</param>
    /// <exception cref="LinuxException">One cannot be opened.</exception>
    public LowerTree(IEnumerable<string> layers)
    {
        var roots = new List<int>();
        _stack.Add(([], roots));
        foreach (string layer in layers)
        {
            int fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(layer), OpenFlags.ReadOnly | OpenFlags.Directory);
            if (fd < 0)
            {
                Dispose();
                throw new LinuxException(-fd, "open", layer);
            }

            roots.Add(fd);
        }
    }

    /// <summary>The topmost layer's root, open; null without layers.</summary>
    public int? TopRoot => _stack[0].Descriptors is [var top, ..] ? top : null;

    /// <summary>Looks a name up.</summary>
    /// <param name="directory">A directory's path, through no symbolic link.</param>
    /// <param name="name">The name, ending in NUL.</param>
    /// <param name="descriptor">The directory of the layer in which it was found; valid until the next call.</param>
    /// <param name="status">What it is.</param>
    /// <returns>False if there is nothing, or the directory is none.</returns>
    public bool TryFind(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name, out int descriptor, out FileStatus status)
    {
        descriptor = -1;
        status = default;
        if (Enter(directory) is { } descriptors)
        {
            foreach (int fd in descriptors)
            {
                int result = FileCalls.StatusAt(fd, name, out status);
                if (result >= 0)
                {
                    descriptor = fd;
                    return !status.IsWhiteout;
                }

                if (result is not -Errno.ENOENT)
                {
                    throw new LinuxException(-result, "statx", PathBytes.Display(name));
                }
            }
        }

        return false;
    }

    /// <summary>All names in the root, each ending in NUL.</summary>
    public HashSet<byte[]> RootNames()
    {
        var names = new HashSet<byte[]>(BytesComparer.Instance);
        foreach (int root in _stack[0].Descriptors)
        {
            int fd = LinuxException.ThrowIfFailed(FileCalls.OpenAt(root, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory), "openat");
            try
            {
                using var entries = new DirectoryEntries(fd);
                while (entries.MoveNext())
                {
                    names.Add(entries.Name.ToArray());
                }
            }
            finally
            {
                FileCalls.Close(fd);
            }
        }

        names.RemoveWhere(name => !TryFind(default, name, out _, out _));
        return names;
    }

    /// <inheritdoc />
    public void Dispose() => Truncate(0);

    // Keeps the directories on the way to the last one looked at, since the next is mostly near.
    private List<int>? Enter(ReadOnlySpan<byte> path)
    {
        int depth = 0;
        while (!path.IsEmpty)
        {
            int slash = path.IndexOf((byte)'/');
            var component = slash < 0 ? path : path[..slash];
            path = slash < 0 ? default : path[(slash + 1)..];
            depth++;
            if (depth < _stack.Count && component.SequenceEqual(_stack[depth].Name))
            {
                continue;
            }

            Truncate(depth);
            var entered = EnterChild(_stack[depth - 1].Descriptors, PathBytes.Terminated(component));
            if (entered.Count == 0)
            {
                return null;
            }

            _stack.Add((component.ToArray(), entered));
        }

        return _stack[depth].Descriptors;
    }

    private static List<int> EnterChild(List<int> parents, byte[] name)
    {
        var result = new List<int>();
        Span<byte> value = stackalloc byte[4];
        foreach (int parent in parents)
        {
            int fd = FileCalls.OpenAt(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
            if (fd == -Errno.ENOENT)
            {
                continue;
            }

            if (fd is -Errno.ENOTDIR or -Errno.ELOOP)
            {
                break; // A file, a link or a whiteout hides what is further down.
            }

            result.Add(LinuxException.ThrowIfFailed(fd, "openat", PathBytes.Display(name)));
            if (FileCalls.GetExtendedAttribute(fd, OverlayAttributes.Opaque, value) == 1 && value[0] == 'y')
            {
                break;
            }
        }

        return result;
    }

    private void Truncate(int depth)
    {
        for (int i = _stack.Count - 1; i >= depth; i--)
        {
            foreach (int fd in _stack[i].Descriptors)
            {
                FileCalls.Close(fd);
            }

            _stack.RemoveAt(i);
        }
    }
}
