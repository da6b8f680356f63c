using ContainerTools.Core.Archives;
using ContainerTools.Engine;
using ContainerTools.Engine.Contents;
using ContainerTools.Engine.Layers;
using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Files;

/// <summary>Puts the content of a tar archive, plain or compressed, into a layer, as ADD does.</summary>
internal static class ArchiveExtractor
{
    /// <summary>Whether a file is a tar archive, plain or compressed by gzip, bzip2 or zstd: it must have a header that is right.</summary>
    /// <exception cref="BuildProblemException">It is compressed in another way, so nobody knows.</exception>
    internal static bool IsArchive(string path)
    {
        try
        {
            using var file = ArchiveFile.Open(path);
            using var plain = ArchiveFile.Decompress(file);
            return new TarReader(plain).MoveNext();
        }
        catch (ContainerToolsException e) when (e.ErrorId == "ArchiveCompressionNotSupported")
        {
            // Copied as it is, it would be missed only when the image runs.
            throw new BuildProblemException(e.ErrorId, $"'{Path.GetFileName(path)}' is compressed by xz, which ADD cannot unpack here: use gzip, bzip2 or zstd, or copy it as it is with --unpack=false");
        }
        catch (Exception e) when (e is TarFormatException or InvalidDataException or ContainerToolsException or IOException || e.GetType().Name is "BZip2Exception" or "ZstdException")
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
