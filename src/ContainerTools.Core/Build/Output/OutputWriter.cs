using ContainerTools.Core.Archives;
using ContainerTools.Core.Build.Files;
using ContainerTools.Core.Images;
using ContainerTools.Engine;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Layers;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build.Output;

/// <summary>Writes what a build comes to beside the place where it is to be, and moves it there at the end. What was not moved goes when this is disposed of.</summary>
internal sealed class OutputWriter(BuildSession session) : IDisposable
{
    private readonly List<(BuildOutput Output, string Staged)> staged = [];

    /// <summary>Writes everything, as yet under other names.</summary>
    /// <param name="diffIds">The image's layers.</param>
    /// <param name="images">The image, once for each of its names.</param>
    /// <param name="ct">Cancels.</param>
    internal void Stage(IReadOnlyList<Digest> diffIds, IReadOnlyList<Image> images, CancellationToken ct)
    {
        foreach (var output in session.Options.Outputs)
        {
            string path = Path.GetFullPath(output.Path);
            string text = $"Write {output.Kind.ToString().ToLowerInvariant()} output to {path}";
            session.Report(new BuildProgress(BuildStepStatus.Started, "output", 1, 1, text));
            string temporary = Path.Combine(Path.GetDirectoryName(path) ?? "/", $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
            staged.Add((output with { Path = path }, temporary));
            try
            {
                if (output.Kind == BuildOutputKind.Local)
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(path) ?? "/");
                    CopyTree(diffIds, temporary, ct);
                }
                else if (output.Kind == BuildOutputKind.Tar)
                {
                    WriteTar(diffIds, temporary, ct);
                }
                else
                {
                    new ArchiveExporter(session.Content).Export(images, temporary, output.Kind == BuildOutputKind.Oci ? ExportFormat.Oci : ExportFormat.Docker, null, ct);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw ContainerToolsException.FromIO(e, "BuildOutputFailed", $"'{path}' could not be written", path);
            }

            session.Report(new BuildProgress(BuildStepStatus.Done, "output", 1, 1, text));
        }
    }

    /// <summary>Moves everything to its place.</summary>
    internal void Commit()
    {
        foreach (var (output, temporary) in staged)
        {
            try
            {
                if (output.Kind == BuildOutputKind.Local)
                {
                    MoveTree(temporary, output.Path);
                }
                else
                {
                    File.Move(temporary, output.Path, overwrite: true);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw ContainerToolsException.FromIO(e, "BuildOutputFailed", $"'{output.Path}' could not be written", output.Path);
            }
        }
    }

    public void Dispose()
    {
        foreach (var (_, temporary) in staged)
        {
            TreeRemoval.Remove(temporary);
        }
    }

    private FileSource Open(IReadOnlyList<Digest> diffIds) => FileSource.OfLayers(session.Layers.Resolve(diffIds));

    private void CopyTree(IReadOnlyList<Digest> diffIds, string directory, CancellationToken ct)
    {
        Directory.CreateDirectory(directory);
        using var source = Open(diffIds);
        if (source.Root < 0)
        {
            return;
        }

        using var target = FileSource.OfDirectory(directory);
        new TreeCopy(ct).CopyDirectory(source.Root, target.Root);
        var (user, group) = (FileCalls.EffectiveUserId, FileCalls.EffectiveGroupId);
        TreeVisitor.Visit(target.Root, (parent, name, status) =>
        {
            if (status.UserId == user && status.GroupId == group)
            {
                return;
            }

            LinuxException.ThrowIfFailed(FileCalls.ChangeOwnerAt(parent, name, user, group), "chown", PathBytes.Display(name));
            if (status.Type != FileType.SymbolicLink)
            {
                // A new owner takes the set-user-ID bit away.
                LinuxException.ThrowIfFailed(FileCalls.ChangeModeAt(parent, name, status.Mode), "chmod", PathBytes.Display(name));
            }
        });
    }

    private void WriteTar(IReadOnlyList<Digest> diffIds, string path, CancellationToken ct)
    {
        using var source = Open(diffIds);
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        using var writer = new TarWriter(file);
        if (source.Root >= 0)
        {
            new TreeArchive(new EntryArchive(writer, session.LatestTime, null, ct), null, ct).Write(source.Root);
        }

        writer.Finish();
        file.Flush(flushToDisk: true);
    }

    // A new directory appears as a whole; into one that has something, file by file, and what else is in it stays.
    private static void MoveTree(string from, string to)
    {
        if (FileCalls.RenameAt(FileCalls.WorkingDirectory, PathBytes.Terminated(from), FileCalls.WorkingDirectory, PathBytes.Terminated(to)) >= 0)
        {
            return;
        }

        using var source = FileSource.OfDirectory(from);
        using var target = FileSource.OfDirectory(to);
        Merge(source.Root, target.Root);
    }

    private static void Merge(int source, int target)
    {
        foreach (byte[] name in EntryComparison.Names(source))
        {
            string display = PathBytes.Display(name.AsSpan(0, name.Length - 1));
            LinuxException.ThrowIfFailed(FileCalls.StatusAt(source, name, out var status), "stat", display);
            bool isThere = FileCalls.StatusAt(target, name, out var old) >= 0;
            if (status.IsDirectory && isThere && old.IsDirectory)
            {
                using var inner = Enter(source, name, display);
                using var other = Enter(target, name, display);
                Merge((int)inner.DangerousGetHandle(), (int)other.DangerousGetHandle());
                continue;
            }

            if (status.IsDirectory && isThere)
            {
                LinuxException.ThrowIfFailed(FileCalls.UnlinkAt(target, name), "unlink", display);
            }

            LinuxException.ThrowIfFailed(FileCalls.RenameAt(source, name, target, name), "rename", display);
        }
    }

    private static Microsoft.Win32.SafeHandles.SafeFileHandle Enter(int directory, byte[] name, string display) => new(
        LinuxException.ThrowIfFailed(FileCalls.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow), "open", display), ownsHandle: true);
}
