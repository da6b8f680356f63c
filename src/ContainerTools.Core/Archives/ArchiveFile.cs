using System.IO.Compression;
using ContainerTools.Engine;
using ICSharpCode.SharpZipLib.BZip2;

namespace ContainerTools.Core.Archives;

/// <summary>Opens an archive's file, whatever compresses it: its first bytes tell.</summary>
internal static class ArchiveFile
{
    private const int BufferSize = 1 << 20;

    internal static FileStream Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new ContainerToolsException("ArchiveIsDirectory", ErrorKind.InvalidArgument, $"'{path}' is a directory, not an archive. "
                + (File.Exists(Path.Combine(path, "oci-layout")) ? $"It is an OCI image layout: make an archive of it with 'tar -C {path} -cf FILE .' and give that." : "Give the tar file."), path);
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, BufferSize, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ContainerToolsException("ArchiveNotFound", ErrorKind.NotFound, $"There is no file '{path}'.", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ContainerToolsException.FromIO(e, "ArchiveReadFailed", $"'{path}' could not be opened", path);
        }
    }

    internal static Stream Decompress(FileStream file)
    {
        Span<byte> start = stackalloc byte[6];
        int count = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        file.Position = 0;
        start = start[..count];
        if (start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]))
        {
            return new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
        }

        if (start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]))
        {
            return OpenZstd(file);
        }

        if (start.StartsWith("BZh"u8))
        {
            return OpenBzip2(file);
        }

        return start.SequenceEqual((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? new XzStream(file) : file;
    }

    /// <summary>Whether an exception says that compressed data is wrong.</summary>
    internal static bool IsDataError(Exception e) => e is InvalidDataException or EndOfStreamException || e.GetType().Name == "ZstdException"
        || e.GetType().FullName!.StartsWith("ICSharpCode.", StringComparison.Ordinal);

    // Apart, so that the libraries are loaded only where they are needed.
    private static ZstdSharp.DecompressionStream OpenZstd(FileStream file) => new(file, checkEndOfStream: true, leaveOpen: true);

    private static BZip2InputStream OpenBzip2(FileStream file) => new(file) { IsStreamOwner = false };

}
