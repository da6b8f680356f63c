using System.Text;
using ContainerTools.Engine.Contents;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Files;

/// <summary>Paths in a tree whose symbolic links end at its root, wherever they point (as chroot(2) would have it).</summary>
internal static class RootedPath
{
    private const int MaximumLinks = 40;

    /// <summary>The path without symbolic links, <c>.</c> and <c>..</c>, without a leading slash; what is not there stays as written.</summary>
    /// <param name="root">The tree's root directory; null for an empty tree.</param>
    /// <param name="path">The path, absolute or not.</param>
    /// <param name="followLast">Whether a link at its end is followed.</param>
    /// <exception cref="BuildProblemException">Links lead in circles.</exception>
    internal static byte[] Resolve(EntryDirectory? root, ReadOnlySpan<byte> path, bool followLast = true)
    {
        var result = new List<byte[]>();
        var rest = new Stack<byte[]>(Components(path).Reverse());
        for (int links = 0; rest.TryPop(out byte[]? name);)
        {
            if (name is [(byte)'.', (byte)'.'])
            {
                if (result.Count > 0)
                {
                    result.RemoveAt(result.Count - 1);
                }

                continue;
            }

            result.Add(name);
            if ((rest.Count == 0 && !followLast) || root is null || root.Status(Terminated(result), out var status) < 0 || status.Type != FileType.SymbolicLink)
            {
                continue;
            }

            if (++links > MaximumLinks)
            {
                throw new BuildProblemException("BuildTooManyLinks", $"'{Encoding.UTF8.GetString(path)}' goes through too many symbolic links");
            }

            byte[] target = root.Link(Terminated(result));
            result.RemoveAt(result.Count - 1);
            if (target is [(byte)'/', ..])
            {
                result.Clear();
            }

            foreach (byte[] component in Components(target).Reverse())
            {
                rest.Push(component);
            }
        }

        return Join(result);
    }

    /// <summary>A name below a directory's path.</summary>
    internal static byte[] Join(byte[] directory, ReadOnlySpan<byte> name) => directory.Length == 0 ? name.ToArray() : [.. directory, (byte)'/', .. name];

    /// <summary>The parts of a path; empty ones and <c>.</c> say nothing.</summary>
    internal static byte[][] Components(ReadOnlySpan<byte> path)
    {
        var parts = new List<byte[]>();
        while (!path.IsEmpty)
        {
            var component = PathBytes.TakeComponent(ref path);
            if (!component.IsEmpty && component is not [(byte)'.'])
            {
                parts.Add(component.ToArray());
            }
        }

        return [.. parts];
    }

    /// <summary>The last part of a path.</summary>
    internal static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> path) => path[(path.LastIndexOf((byte)'/') + 1)..];

    /// <summary>The directory that a path is in; empty for the root.</summary>
    internal static byte[] ParentOf(ReadOnlySpan<byte> path) => path[..Math.Max(path.LastIndexOf((byte)'/'), 0)].ToArray();

    private static byte[] Join(List<byte[]> parts)
    {
        byte[] whole = [];
        foreach (byte[] part in parts)
        {
            whole = Join(whole, part);
        }

        return whole;
    }

    private static byte[] Terminated(List<byte[]> parts) => [.. Join(parts), 0];
}
