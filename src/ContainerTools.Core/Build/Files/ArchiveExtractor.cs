using ContainerTools.Core.Archives;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Layers;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Files;

/// <summary>Puts the content of a tar archive, plain or compressed, into a layer, as ADD does.</summary>
internal static class ArchiveExtractor
{
    /// <summary>Whether a file is a tar archive, plain or compressed by gzip, bzip2, xz or zstd: it must have a header that is right.</summary>
    internal static bool IsArchive(string path)
    {
        try
        {
            using var file = ArchiveFile.Open(path);
            using var plain = ArchiveFile.Decompress(file);
            return new TarReader(plain).MoveNext();
        }
        catch (Exception e) when (e is TarFormatException or IOException || ArchiveFile.IsDataError(e))
        {
            return false;
        }
    }

    /// <summary>Writes all entries below a directory. Names that lead out of it are an error, and links are only made, never followed.</summary>
    internal static void Extract(string archive, EntryArchive entries, byte[] directory, (uint User, uint Group)? owner, CancellationToken ct)
    {
        using var file = ArchiveFile.Open(archive);
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
                throw new BuildProblemException("BuildArchiveEscapes", $"the entry '{PathBytes.Display(name)}' of the archive '{Path.GetFileName(archive)}' would lead out of the destination");
            }

            path = RootedPath.Join(path, part);
        }

        return path;
    }
}
