using ContainerTools.Core.Archives;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Layers;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Files;

/// <summary>Puts the content of a tar archive, plain or compressed, into a layer, as ADD does.</summary>
internal static class ArchiveExtractor
{
    /// <summary>Whether a file is a tar archive, plain or compressed by gzip, bzip2, xz or zstd: it must have a header that is right.</summary>
    internal static bool IsArchive(string path) => IsArchive(() => ArchiveFile.Open(path));

    /// <summary>The same of a file that a function opens.</summary>
    internal static bool IsArchive(Func<FileStream> open)
    {
        try
        {
            using var file = open();
            using var plain = ArchiveFile.Decompress(file);
            return new TarReader(plain).MoveNext();
        }
        catch (Exception e) when (e is TarFormatException or IOException || ArchiveFile.IsDataError(e))
        {
            return false;
        }
    }

    /// <summary>Writes all entries below a directory. Names that lead out of it are an error, and links are only made, never followed.</summary>
    /// <param name="open">Opens the archive.</param>
    /// <param name="archive">What it is called.</param>
    /// <param name="entries">Takes the entries.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="owner">The owner of all entries; null for their own.</param>
    /// <param name="ct">Cancels.</param>
    internal static void Extract(Func<FileStream> open, string archive, EntryArchive entries, byte[] directory, (uint User, uint Group)? owner, CancellationToken ct)
    {
        using var file = open();
        using var plain = ArchiveFile.Decompress(file);
        var reader = new TarReader(plain);
        while (reader.MoveNext())
        {
            ct.ThrowIfCancellationRequested();
            byte[] path = Below(directory, reader.Entry.Name.Span, archive);
            if (path.Length > directory.Length)
            {
                byte[]? link = reader.Entry.Kind == TarEntryKind.HardLink ? Below(directory, reader.Entry.LinkName.Span, archive) : null;
                entries.WriteFrom(reader, path, link, owner);
            }
        }
    }

    private static byte[] Below(byte[] directory, ReadOnlySpan<byte> name, string archive)
    {
        byte[] path = directory;
        foreach (byte[] part in RootedPath.Components(name))
        {
            if (part is [(byte)'.', (byte)'.'])
            {
                throw new BuildProblemException("BuildArchiveEscapes", $"the entry '{PathBytes.Display(name)}' of the archive '{archive}' would lead out of the destination");
            }

            path = RootedPath.Join(path, part);
        }

        return path;
    }
}
