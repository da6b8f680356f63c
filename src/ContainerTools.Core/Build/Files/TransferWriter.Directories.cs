using System.Text;
using ContainerTools.Core.Build.Language;
using ContainerTools.Engine.Contents;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Files;

/// <content>Directories: those that are copied, and those that what is copied lies in.</content>
internal sealed partial class TransferWriter
{
    private const int MaximumDepth = 1000;

    // The contents go into the destination; of the directory itself, neither owner nor mode do (as with other builders).
    private void WriteContents(byte[] real, byte[] path, byte[] destination)
    {
        using var directory = request.Source.OpenDirectory(real);
        MakeDirectories(destination);
        WriteEntries(directory, destination, matcher.State(path), exclude?.Root, static () => { }, 0);
    }

    private void WriteEntries(EntryDirectory directory, byte[] destination, IgnoreState? ignored, IgnoreState? excluded, Action before, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new BuildProblemException("BuildTreeTooDeep", $"there are more than {MaximumDepth} directories in one another");
        }

        foreach (byte[] name in directory.Names())
        {
            ct.ThrowIfCancellationRequested();
            if (directory.Status(name, out var status) < 0)
            {
                continue; // Gone meanwhile.
            }

            string text = Encoding.UTF8.GetString(name.AsSpan(0, name.Length - 1));
            var own = ignored is null ? null : request.Ignore!.Enter(ignored, text);
            var other = excluded is null ? null : exclude!.Enter(excluded, text);
            bool isLeftOut = own is { IsIgnored: true } || other is { IsIgnored: true };
            if (isLeftOut && (!status.IsDirectory || own is { IsClosed: true } || other is { IsClosed: true }))
            {
                continue;
            }

            byte[] path = RootedPath.Join(destination, name.AsSpan(0, name.Length - 1));
            if (!status.IsDirectory)
            {
                before();
                WriteOne(directory, name, path, status);
                continue;
            }

            int error = directory.TryOpen(name, out var child);
            if (child is null)
            {
                if (error is -Errno.EACCES && !isLeftOut)
                {
                    throw new LinuxException(Errno.EACCES, "open", PathBytes.Display(path));
                }

                continue;
            }

            using (child)
            {
                // A directory that is left out is made only if something in it is let in again.
                bool done = false;
                void Make()
                {
                    if (!done)
                    {
                        done = true;
                        before();
                        made.Add(path);
                        entries.Write(directory, name, path, status);
                    }
                }

                if (!isLeftOut)
                {
                    Make();
                }

                WriteEntries(child, path, own, other, Make, depth + 1);
            }
        }
    }

    private void WriteOne(EntryDirectory directory, byte[] name, byte[] path, FileStatus status)
    {
        if (CanCopy(status))
        {
            entries.Write(directory, name, path, status);
        }
        else
        {
            request.Warn($"'{PathBytes.Display(name.AsSpan(0, name.Length - 1))}' is not copied to '/{PathBytes.Display(path)}': it is a {status.Kind()}.");
        }
    }

    private bool CanCopy(FileStatus status) =>
        status.Type != FileType.Socket && !(request.FromContext && status.Type is FileType.Fifo or FileType.CharacterDevice or FileType.BlockDevice);

    // With --parents: the source's own directories, from a /./ on, are made below the destination.
    private byte[] WriteParents(string text, byte[] path, byte[] destination, bool isDirectory)
    {
        int pivot = text.IndexOf("/./", StringComparison.Ordinal);
        byte[][] parts = RootedPath.Components(path);
        int skip = pivot < 0 ? 0 : RootedPath.Components(Encoding.UTF8.GetBytes(text[..pivot])).Length;
        byte[] from = [], to = destination;
        MakeDirectories(destination);
        for (int i = 0; i < parts.Length; i++)
        {
            from = RootedPath.Join(from, parts[i]);
            if (i < skip)
            {
                continue;
            }

            to = RootedPath.Join(to, parts[i]);
            if (i == parts.Length - 1 && !isDirectory)
            {
                break;
            }

            byte[] real = RootedPath.Resolve(request.Source.Root, from);
            if (made.Contains(to) || IsDirectory(to) || !request.Source.TryFind(real, out var status))
            {
                MakeDirectories(to);
                continue;
            }

            using var parent = request.Source.OpenDirectory(real);
            made.Add(to);
            entries.Write(parent, EntryDirectory.Self, to, status);
        }

        return to;
    }

    // What is there is written as it is, so that the layer stands by itself.
    private void MakeDirectories(byte[] path)
    {
        byte[] current = [];
        foreach (byte[] part in RootedPath.Components(path))
        {
            current = RootedPath.Join(current, part);
            if (!made.Add(current))
            {
                continue;
            }

            if (TargetRoot is not null && request.Target.TryFind(current, out var status))
            {
                if (!status.IsDirectory)
                {
                    throw new BuildProblemException("BuildDestinationNotDirectory", $"'/{PathBytes.Display(current)}' in the image is not a directory, so nothing can be put into it");
                }

                entries.WriteAsIs(TargetRoot, PathBytes.Terminated(current), current, status);
            }
            else
            {
                entries.WriteNewDirectory(current, DirectoryMode, Owner.User, Owner.Group, request.Now);
            }
        }
    }

    private bool IsDirectory(byte[] path) =>
        path.Length == 0 || made.Contains(path) || (TargetRoot is not null && request.Target.TryFind(path, out var status) && status.IsDirectory);

    private bool IsOther(byte[] path) => TargetRoot is not null && !IsDirectory(path) && request.Target.TryFind(path, out _);
}
