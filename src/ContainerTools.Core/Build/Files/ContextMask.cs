using System.Text;
using ContainerTools.Core.Build.Language;
using ContainerTools.Engine.Contents;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;

namespace ContainerTools.Core.Build.Files;

/// <summary>
/// What a mount of a context's directory must not show: files that .dockerignore leaves out, and special files. It becomes a layer of whiteouts upon the
/// directory. Files must be root's, as they are in a copy.
/// </summary>
internal sealed class ContextMask
{
    private readonly FileSource source;
    private readonly IgnoreFile? ignore;
    private readonly List<byte[]> hidden = [];

    private ContextMask(FileSource source, IgnoreFile? ignore)
    {
        this.source = source;
        this.ignore = ignore;
    }

    /// <summary>Whether everything is shown.</summary>
    internal bool IsEmpty => hidden.Count == 0;

    /// <summary>Looks through what is at a path.</summary>
    /// <returns>Null when it has files that are not root's.</returns>
    internal static ContextMask? Find(FileSource source, byte[] path, FileStatus status, IgnoreFile? ignore)
    {
        var mask = new ContextMask(source, ignore);
        if (!IsRoots(status))
        {
            return null;
        }

        if (!status.IsDirectory)
        {
            return mask;
        }

        using var directory = source.OpenDirectory(path);
        return mask.Look(directory, path, new SourceMatcher(source, ignore).State(path), out _) ? mask : null;
    }

    /// <summary>Makes the layer.</summary>
    internal void Write(string directory)
    {
        using var target = FileSource.OfDirectory(directory);
        TakeOver([], target.Descriptor);
        foreach (byte[] path in hidden)
        {
            byte[] current = [];
            foreach (byte[] part in RootedPath.Components(RootedPath.ParentOf(path)))
            {
                current = RootedPath.Join(current, part);
                if (FileCalls.MakeDirectoryAt(target.Descriptor, PathBytes.Terminated(current), 0x1C0) >= 0)
                {
                    using var made = (LocalDirectory)target.OpenDirectory(current);
                    TakeOver(current, made.Descriptor);
                }
            }

            LinuxException.ThrowIfFailed(FileCalls.MakeNodeAt(target.Descriptor, PathBytes.Terminated(path), FileType.CharacterDevice, 0, 0, 0), "mknod", PathBytes.Display(path));
        }
    }

    // A directory of both is like the upper one.
    private void TakeOver(byte[] path, int target)
    {
        using var from = (LocalDirectory)source.OpenDirectory(path);
        var status = FileCopy.CopyAttributes(from.Descriptor, target);
        _ = FileCalls.SetTimes(target, status.AccessTime, status.ModifyTime);
    }

    private bool Look(EntryDirectory directory, byte[] path, IgnoreState? state, out bool shows)
    {
        shows = false;
        foreach (byte[] name in directory.Names())
        {
            if (directory.Status(name, out var status) < 0)
            {
                continue;
            }

            byte[] entry = RootedPath.Join(path, name.AsSpan(0, name.Length - 1));
            var own = state is null ? null : ignore!.Enter(state, Encoding.UTF8.GetString(name.AsSpan(0, name.Length - 1)));
            bool isLeftOut = own is { IsIgnored: true };
            if (!status.IsDirectory || own is { IsClosed: true, IsIgnored: true })
            {
                if (isLeftOut || status.Type is FileType.Socket or FileType.Fifo or FileType.CharacterDevice or FileType.BlockDevice)
                {
                    hidden.Add(entry);
                    continue;
                }

                if (!IsRoots(status))
                {
                    return false;
                }

                shows = true;
                continue;
            }

            if (!IsRoots(status))
            {
                return false;
            }

            int before = hidden.Count;
            using var child = source.OpenDirectory(entry);
            if (!Look(child, entry, own, out bool inner))
            {
                return false;
            }

            if (isLeftOut && !inner)
            {
                hidden.RemoveRange(before, hidden.Count - before);
                hidden.Add(entry);
                continue;
            }

            shows = true;
        }

        return true;
    }

    private static bool IsRoots(FileStatus status) => status is { UserId: 0, GroupId: 0 };
}
