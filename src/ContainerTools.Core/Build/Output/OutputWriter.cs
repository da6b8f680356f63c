using ContainerTools.Core.Archives;
using ContainerTools.Core.Images;
using ContainerTools.Engine;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Rootless;
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
            catch (Exception e) when (IsFailure(e))
            {
                throw Failed(e, path);
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
                    OwnedTree.Move(session.Paths, temporary, output.Path);
                }
                else
                {
                    File.Move(temporary, output.Path, overwrite: true);
                }
            }
            catch (Exception e) when (IsFailure(e))
            {
                throw Failed(e, output.Path);
            }
        }
    }

    public void Dispose()
    {
        foreach (var (_, temporary) in staged)
        {
            OwnedTree.Remove(session.Paths, temporary);
        }
    }

    // An ordinary user's directories are written by another process.
    private static bool IsFailure(Exception e) => e is IOException or UnauthorizedAccessException or ContainerToolsException { ErrorId: "SessionFailed" };

    private static ContainerToolsException Failed(Exception e, string path) => e is ContainerToolsException
        ? new ContainerToolsException("BuildOutputFailed", ErrorKind.Unavailable, $"'{path}' could not be written. {e.Message}", path, e)
        : ContainerToolsException.FromIO(e, "BuildOutputFailed", $"'{path}' could not be written", path);

    private void CopyTree(IReadOnlyList<Digest> diffIds, string directory, CancellationToken ct)
    {
        Directory.CreateDirectory(directory);
        if (diffIds.Count > 0)
        {
            OwnedTree.TakeFiles(session.Paths, [.. session.Layers.Resolve(diffIds).Select(static l => l.Path)], directory, ct);
        }
    }

    private void WriteTar(IReadOnlyList<Digest> diffIds, string path, CancellationToken ct)
    {
        using var source = session.Trees.OpenLayers(session.Layers.Resolve(diffIds));
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        using var writer = new TarWriter(file);
        if (source.Root is { } root)
        {
            new TreeArchive(new EntryArchive(writer, session.LatestTime, null, ct), null, ct).Write(root);
        }

        writer.Finish();
        file.Flush(flushToDisk: true);
    }
}
