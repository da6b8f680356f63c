using System.Formats.Tar;
using System.Text.Json;
using ContainerTools.Core.Content;
using ContainerTools.Core.Images;
using ContainerTools.Core.Native;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Archives;

/// <summary>Writes images into an archive. The file appears under its name when it is complete; blobs are verified on their way.</summary>
internal sealed class ArchiveExporter(ContentStore content)
{
    private const string ContainerdNameAnnotation = "io.containerd.image.name";

    internal void Export(IReadOnlyList<Image> images, string path, ExportFormat format, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        path = Path.GetFullPath(path);
        string temporary = Path.Combine(Path.GetDirectoryName(path) ?? "/", $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                using (var tar = new TarWriter(file, TarEntryFormat.Pax, leaveOpen: true))
                {
                    WriteAll(tar, images, format, progress, ct);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
            StorageCalls.SyncDirectory(Path.GetDirectoryName(path) ?? "/");
        }
        catch (Exception e)
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }

            if (e is IOException or UnauthorizedAccessException)
            {
                throw ContainerToolsException.FromIO(e, "ArchiveWriteFailed", $"'{path}' could not be written", path);
            }

            throw;
        }
    }

    private void WriteAll(TarWriter tar, IReadOnlyList<Image> images, ExportFormat format, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        var exported = images.Select(ExportedImage.From).ToList();
        Write(tar, "oci-layout", JsonSerializer.SerializeToUtf8Bytes(new ImageLayout { Version = ImageLayout.CurrentVersion }, OciJson.Default.ImageLayout));
        Write(tar, "index.json", JsonSerializer.SerializeToUtf8Bytes(CreateIndex(exported), OciJson.Default.ImageIndex));
        if (format == ExportFormat.Docker)
        {
            Write(tar, "manifest.json", JsonSerializer.SerializeToUtf8Bytes(CreateDockerManifest(exported), OciJson.Default.ListDockerArchiveImage));
        }

        var written = new HashSet<Digest>();
        foreach (var image in exported)
        {
            if (image.ManifestBytes is { } converted && written.Add(image.Descriptor.Digest))
            {
                Write(tar, EntryName(image.Descriptor.Digest), converted);
            }

            foreach (var descriptor in image.Manifest.Layers.Prepend(image.Manifest.Config).Prepend(image.Descriptor))
            {
                ct.ThrowIfCancellationRequested();
                if (written.Add(descriptor.Digest))
                {
                    WriteBlob(tar, image.Image, descriptor, progress, ct);
                }
            }
        }
    }

    private static ImageIndex CreateIndex(IReadOnlyList<ExportedImage> images) => new()
    {
        SchemaVersion = 2,
        MediaType = MediaTypes.OciIndex,
        Manifests = [.. images.Select(static image => new Descriptor
        {
            MediaType = image.Descriptor.MediaType,
            Digest = image.Descriptor.Digest,
            Size = image.Descriptor.Size,
            Platform = image.Image.Descriptor.Platform,
            Annotations = image.Image.Reference is { Tag: not null } name
                ? new Dictionary<string, string> { [ContainerdNameAnnotation] = name.ToString(), [ImageLayout.RefNameAnnotation] = name.ToString() }
                : null,
        })],
    };

    private static List<DockerArchiveImage> CreateDockerManifest(IReadOnlyList<ExportedImage> images) =>
    [
        .. images.GroupBy(static i => i.Descriptor.Digest).Select(static same => new DockerArchiveImage
        {
            Config = EntryName(same.First().Manifest.Config.Digest),
            RepoTags = [.. same.Select(static i => i.Image.Reference).Where(static r => r?.Tag is not null).Select(static r => r!.Familiar)],
            Layers = [.. same.First().Manifest.Layers.Select(static l => EntryName(l.Digest))],
        }),
    ];

    private static string EntryName(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    private void WriteBlob(TarWriter tar, Image image, Descriptor descriptor, IProgress<TransferProgress>? progress, CancellationToken ct)
    {
        using var blob = content.TryOpen(descriptor.Digest);
        if (blob is null || blob.Length != descriptor.Size)
        {
            throw new ContainerToolsException("ImageContentMissing", ErrorKind.InvalidData,
                $"Image '{image}' is damaged: blob {descriptor.Digest} is missing from '{content.Directory}' or cut. Pull or import it again.", image);
        }

        using var hash = Hashing.Start(descriptor.Digest.Algorithm);
        using var source = new ProgressStream(new HashingStream(blob, hash), descriptor.Size, current =>
        {
            ct.ThrowIfCancellationRequested();
            progress?.Report(new TransferProgress(descriptor.Digest.ShortHex, TransferPhase.Writing, current, descriptor.Size));
        });
        Write(tar, EntryName(descriptor.Digest), source);
        if (Hashing.Finish(hash) != descriptor.Digest)
        {
            throw new ContainerToolsException("ContentDamaged", ErrorKind.InvalidData,
                $"Blob {descriptor.Digest} of image '{image}' in '{content.Directory}' no longer has this digest. Pull or import the image again.", image);
        }

        progress?.Report(new TransferProgress(descriptor.Digest.ShortHex, TransferPhase.Done, descriptor.Size, descriptor.Size));
    }

    private static void Write(TarWriter tar, string name, byte[] data)
    {
        using var stream = new MemoryStream(data, writable: false);
        Write(tar, name, stream);
    }

    // The same images always give the same archive, so nothing of the moment or of the user is written.
    private static void Write(TarWriter tar, string name, Stream data) => tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
    {
        DataStream = data,
        ModificationTime = DateTimeOffset.UnixEpoch,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
    });
}
