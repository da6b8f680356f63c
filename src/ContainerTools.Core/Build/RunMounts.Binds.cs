using System.Text;
using ContainerTools.Core.Build.Cache;
using ContainerTools.Core.Build.Files;
using ContainerTools.Core.Build.Language;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Volumes;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Mounts;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <content>Bind mounts: files of the context, of a stage or of an image.</content>
internal sealed partial class RunMounts
{
    // File systems whose mounts can have their ids mapped, and that overlayfs takes.
    private static readonly string?[] MappableTypes = ["ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs"];

    private TransferRequest Request(RunMount mount, BuildFiles files, FileSource source, FileSource nothing) => new()
    {
        Instruction = new CopyInstruction { Sources = [string.IsNullOrEmpty(mount.Source) ? "/" : mount.Source], Destination = "/", Link = true },
        Source = source,
        FromContext = files.Directory is not null,
        Ignore = files.Ignore,
        Target = nothing,
        Destination = "/",
        Now = session.Now,
        Warn = static _ => { },
    };

    private void Write(RunMount mount, BuildFiles files, Stream output, FileTime? latest)
    {
        using var source = files.Open(session);
        using var nothing = FileSource.Empty;
        // Not disposed of: that would close the output.
        var buffered = new BufferedStream(output, 256 << 10);
        using var writer = new TarWriter(buffered);
        new TransferWriter(Request(mount, files, source, nothing), writer, latest, ct).Write();
        writer.Finish();
        buffered.Flush();
    }

    private string Digest(RunMount mount, BuildFiles files)
    {
        using var digest = new DigestStream();
        Write(mount, files, digest, FileTime.Epoch);
        return digest.Finish();
    }

    // The files themselves, with the container's ids, and nothing copied; what the command writes goes to a directory of the build's.
    private VolumeMount? TryMount(RunMount mount, BuildFiles files)
    {
        if (UserSession.IsNeeded && files.Directory is not null)
        {
            return null; // Its files are an ordinary user's own, and cannot be shown as root's.
        }

        byte[] path;
        FileStatus status;
        IReadOnlyList<string> directories = [];
        using (var source = files.Open(session))
        {
            path = RootedPath.Resolve(source.Root, Encoding.UTF8.GetBytes(mount.Source ?? ""));
            if (!source.TryFind(path, out status) || (files.Directory is not null && !TryMask(files, source, path, status, out directories)))
            {
                return null;
            }
        }

        string? writable = null;
        if (!mount.ReadOnly)
        {
            writable = session.Workspace.MakeDirectory();
            Directory.CreateDirectory(Path.Combine(writable, "upper"));
            Directory.CreateDirectory(Path.Combine(writable, "work"));
        }

        return new VolumeMount
        {
            Kind = ContainerMountKind.Image,
            Source = mount.From ?? "context",
            Image = files.Directory is null ? new ContainerImage { Reference = mount.From ?? "", Id = "", Config = new ImageConfig(), Layers = session.Layers.Resolve(files.DiffIds) } : null,
            Directories = directories,
            SubPath = path.Length == 0 ? null : Encoding.UTF8.GetString(path),
            IsFile = !status.IsDirectory,
            WritableDirectory = writable,
            Destination = Destination(mount),
        };
    }

    private bool TryMask(BuildFiles files, FileSource source, byte[] path, FileStatus status, out IReadOnlyList<string> directories)
    {
        string directory = Path.GetFullPath(files.Directory!);
        directories = [directory];
        if (MappableTypes.Contains(MountTable.Holding(directory)?.Type) is false || directory.Contains('\n', StringComparison.Ordinal)
            || ContextMask.Find(source, path, status, files.Ignore) is not { } mask)
        {
            return false;
        }

        if (!mask.IsEmpty)
        {
            string hiding = session.Workspace.MakeDirectory();
            mask.Write(hiding);
            directories = [directory, hiding];
        }

        return true;
    }

    private string Destination(RunMount mount) => absolute(mount.Target!) is { Length: > 1 } target ? target.TrimEnd('/') : "/";

    // A copy: what is left out of the context stays out, files are root's, and what the command writes is discarded.
    private string MakeBind(RunMount mount, BuildFiles files)
    {
        string archive = Path.Combine(session.Workspace.MakeDirectory(), "files.tar");
        using (var file = new FileStream(archive, FileMode.CreateNew, FileAccess.ReadWrite))
        {
            Write(mount, files, file, null);
            file.Position = 0;
            var staged = session.Layers.Unpack(file, ct);
            resources.Add(staged);
            File.Delete(archive);
            using var source = files.Open(session);
            byte[] path = Encoding.UTF8.GetBytes(mount.Source ?? "");
            bool isDirectory = !source.TryFind(RootedPath.Resolve(source.Root, path), out var status) || status.IsDirectory;
            return isDirectory ? staged.Path : Path.Combine(staged.Path, Encoding.UTF8.GetString(RootedPath.NameOf(path)));
        }
    }
}
