using System.Text;
using ContainerTools.Core.Archives;
using ContainerTools.Core.Build.Language;
using ContainerTools.Core.Build.Sources;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Layers;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Files;

/// <summary>
/// Writes what COPY or ADD brings as a layer's tar, beside the directories it lies in. Which bytes it writes depends on the files and on what of the
/// destination is there; with times taken away, their digest is the step's key in the cache.
/// </summary>
internal sealed partial class TransferWriter
{
    private const uint DirectoryMode = 0x1ED; // 0755

    private readonly TransferRequest request;
    private readonly EntryArchive entries;
    private readonly CancellationToken ct;
    private readonly HashSet<byte[]> made = new(BytesComparer.Instance);
    private readonly SourceMatcher matcher;
    private readonly IgnoreFile? exclude;

    internal TransferWriter(TransferRequest request, TarWriter writer, FileTime? latest, CancellationToken ct)
    {
        this.request = request;
        this.ct = ct;
        entries = new EntryArchive(writer, latest, null, ct) { Change = Change, WithoutAttributes = request.FromContext };
        matcher = new SourceMatcher(request.Source, request.Ignore);
        exclude = request.Instruction.Exclude.Count > 0 ? IgnoreFile.FromPatterns(request.Instruction.Exclude) : null;
    }

    /// <summary>Writes everything.</summary>
    /// <returns>How many entries there were.</returns>
    /// <exception cref="BuildProblemException">A source is not there, or the destination makes no sense; the message begins in lower case.</exception>
    internal long Write()
    {
        var instruction = request.Instruction;
        byte[] destination = RootedPath.Resolve(TargetRoot, Encoding.UTF8.GetBytes(request.Destination));
        bool isDirectory = request.Destination.EndsWith('/') || IsDirectory(destination);
        int count = instruction.Heredocs.Count;
        var sources = new List<(string Text, List<byte[]> Paths)>();
        foreach (string source in instruction.Sources)
        {
            var paths = request.Fetched.ContainsKey(source) ? [] : FindSources(source);
            sources.Add((source, paths));
            count += Math.Max(paths.Count, 1);
        }

        if (count > 1 && !isDirectory && instruction is not CopyInstruction { Parents: true })
        {
            throw new BuildProblemException("BuildDestinationNotDirectory", $"{count} files cannot go to the one destination '{request.Destination}': write it with a '/' at its end to make it a directory");
        }

        foreach (var (text, paths) in sources)
        {
            if (request.Fetched.TryGetValue(text, out var fetched))
            {
                WriteFetched(fetched, destination, isDirectory);
            }

            foreach (byte[] path in paths)
            {
                WriteSource(text, path, destination, isDirectory);
            }
        }

        foreach (var heredoc in instruction.Heredocs)
        {
            byte[] path = isDirectory ? RootedPath.Join(destination, Encoding.UTF8.GetBytes(heredoc.Name)) : destination;
            MakeDirectories(RootedPath.ParentOf(path));
            entries.WriteNewFile(path, Encoding.UTF8.GetBytes(heredoc.Content), request.Mode?.Apply(0x1A4, false) ?? 0x1A4, Owner.User, Owner.Group, request.Now);
        }

        return entries.Count;
    }

    private (uint User, uint Group) Owner => request.Owner ?? (0, 0);

    private EntryDirectory? TargetRoot => request.Instruction.Link ? null : request.Target.Root;

    private FileStatus Change(FileStatus status)
    {
        var owner = request.Owner ?? (request.FromContext ? (0, 0) : (status.UserId, status.GroupId));
        return status with { UserId = owner.Item1, GroupId = owner.Item2, Mode = request.Mode is { } mode && status.Type != FileType.SymbolicLink ? mode.Apply(status) : status.Mode };
    }

    private List<byte[]> FindSources(string source)
    {
        if (request.FromContext && source.Split('/').Aggregate(0, static (depth, part) => depth < 0 ? depth : part == ".." ? depth - 1 : part is "" or "." ? depth : depth + 1) < 0)
        {
            throw new BuildProblemException("BuildSourceOutsideContext", $"'{source}' lies outside the build context: only what is in it can be copied. Choose a directory above as the context, or give the other one with -BuildContext");
        }

        var paths = matcher.Find(source).ToList();
        return paths.Count > 0 ? paths : throw new BuildProblemException("BuildSourceNotFound", $"nothing matches '{source}' in {Where}");
    }

    private string Where => request.FromContext ? "the build context" : "the files to copy from";

    private void WriteSource(string text, byte[] path, byte[] destination, bool isDirectory)
    {
        byte[] real = RootedPath.Resolve(request.Source.Root, path);
        if (!request.Source.TryFind(real, out var status))
        {
            string link = real.AsSpan().SequenceEqual(path) ? "" : $" (a symbolic link leads to '/{PathBytes.Display(real)}', and none leads out)";
            throw new BuildProblemException("BuildSourceNotFound", $"'{PathBytes.Display(path)}' is not in {Where}{link}");
        }

        if (matcher.IsLeftOut(path))
        {
            throw new BuildProblemException("BuildSourceIgnored", $"'{PathBytes.Display(path)}' is not in the build context: .dockerignore leaves it out");
        }

        if (request.Instruction is CopyInstruction { Parents: true })
        {
            destination = WriteParents(text, path, destination, status.IsDirectory);
            isDirectory = false;
        }

        if (status.IsDirectory)
        {
            WriteContents(real, path, destination);
            return;
        }

        byte[] target = isDirectory ? RootedPath.Join(destination, RootedPath.NameOf(path)) : destination;
        if (exclude?.IsIgnored(PathBytes.Display(RootedPath.NameOf(path))) == true)
        {
            return;
        }

        FileStream Open() => new(request.Source.OpenFile(real), FileAccess.Read, 1 << 20);
        if (request.Instruction is AddInstruction { Unpack: not false } && status.Type == FileType.Regular && ArchiveExtractor.IsArchive(Open))
        {
            Extract(Open, PathBytes.Display(RootedPath.NameOf(path)), destination);
            return;
        }

        if (!CanCopy(status))
        {
            throw new BuildProblemException("BuildSourceNotFile", $"'{PathBytes.Display(path)}' in {Where} is a {status.Kind()}, which cannot be copied");
        }

        using var parent = request.Source.OpenDirectory(RootedPath.ParentOf(real));
        MakeDirectories(RootedPath.ParentOf(target));
        WriteOne(parent, PathBytes.Terminated(RootedPath.NameOf(real)), target, status);
    }

    private void WriteFetched(FetchedSource fetched, byte[] destination, bool isDirectory)
    {
        if (fetched.IsTree)
        {
            using var tree = FileSource.OfDirectory(fetched.Path);
            MakeDirectories(destination);
            WriteEntries(tree.Root!, destination, null, exclude?.Root, static () => { }, 0);
            return;
        }

        if (request.Instruction is AddInstruction { Unpack: true } && ArchiveExtractor.IsArchive(fetched.Path))
        {
            Extract(() => ArchiveFile.Open(fetched.Path), fetched.Name, destination);
            return;
        }

        byte[] target = isDirectory ? RootedPath.Join(destination, Encoding.UTF8.GetBytes(fetched.Name)) : destination;
        MakeDirectories(RootedPath.ParentOf(target));
        using var files = FileSource.OfDirectory(Path.GetDirectoryName(fetched.Path)!);
        byte[] name = PathBytes.Terminated(Path.GetFileName(fetched.Path));
        if (files.Root!.Status(name, out var status) >= 0)
        {
            entries.Write(files.Root, name, target, status);
        }
    }

    private void Extract(Func<FileStream> open, string name, byte[] destination)
    {
        if (IsOther(destination))
        {
            throw new BuildProblemException("BuildDestinationNotDirectory", $"the archive cannot be unpacked to '{request.Destination}', which is not a directory");
        }

        MakeDirectories(destination);
        ArchiveExtractor.Extract(open, name, entries, destination, request.Owner, ct);
    }
}
