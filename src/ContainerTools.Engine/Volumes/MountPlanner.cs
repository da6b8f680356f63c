using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Store;

namespace ContainerTools.Engine.Volumes;

/// <summary>Turns the volumes, binds and tmpfs mounts that a caller and an image ask for into a container's mounts.</summary>
internal static class MountPlanner
{
    /// <summary>The mounts, a parent before what lies in it. Names of anonymous volumes are chosen; nothing is made yet.</summary>
    /// <exception cref="ContainerToolsException">BindSourceNotFound, DuplicateMount, InvalidTmpFs.</exception>
    public static List<ContainerMount> Plan(StorePaths paths, ContainerOptions options, ContainerImage image)
    {
        var mounts = new Dictionary<string, ContainerMount>(StringComparer.Ordinal);
        foreach (var volume in options.Volumes)
            Add(FromVolume(paths, volume));
        foreach (string text in options.TmpFs)
            Add(VolumeMountParser.ParseTmpFs(text));
        foreach (string path in image.Config.Config?.Volumes ?? [])
        {
            // An image is not trusted to name sensible paths; what is none is passed over.
            string destination = path.StartsWith('/') ? Path.GetFullPath(path).TrimEnd('/') : "";
            if (destination.Length > 0)
                mounts.TryAdd(destination, Anonymous(paths, destination));
        }
        return [.. mounts.Values.OrderBy(m => m.Destination.Count(c => c == '/')).ThenBy(m => m.Destination, StringComparer.Ordinal)];

        void Add(ContainerMount mount)
        {
            if (!mounts.TryAdd(mount.Destination, mount))
                throw new ContainerToolsException("DuplicateMount", ErrorKind.InvalidArgument, $"Two mounts have the same place inside, '{mount.Destination}': {mounts[mount.Destination]} and {mount}.", mount.Destination);
        }
    }

    /// <summary>Whether a new volume takes over what the image has.</summary>
    public static bool CopiesUp(ContainerOptions options, ContainerMount mount) =>
        options.Volumes.FirstOrDefault(v => v.Destination == mount.Destination)?.CopyUp ?? true;

    public static ContainerToolsException MissingBind(string source) =>
        new("BindSourceNotFound", ErrorKind.NotFound, $"'{source}' does not exist on this host, so it cannot be mounted. Make it first; a volume is written without a leading '/' or '.'.", source);

    private static ContainerMount FromVolume(StorePaths paths, VolumeMount volume)
    {
        switch (volume.Kind)
        {
            case ContainerMountKind.Bind:
                string source = volume.Source!;
                if (!Path.Exists(source))
                    throw MissingBind(source);
                return new ContainerMount
                {
                    Kind = ContainerMountKind.Bind,
                    Source = source,
                    Directory = Directory.Exists(source),
                    Destination = volume.Destination,
                    ReadOnly = volume.ReadOnly,
                    Relabel = volume.Relabel,
                    Options = [.. volume.Options],
                };
            case ContainerMountKind.Image:
                var image = volume.Image;
                if (image is null && volume.Directories.Count == 0)
                    throw new InvalidOperationException($"Nobody has looked up the image '{volume.Source}'.");
                return new ContainerMount
                {
                    Kind = ContainerMountKind.Image,
                    Source = image?.Reference ?? volume.Source ?? "",
                    Destination = volume.Destination,
                    ReadOnly = volume.WritableDirectory is null,
                    Directory = !volume.IsFile,
                    Options = [.. volume.Options],
                    SubPath = volume.SubPath,
                    WritableDirectory = volume.WritableDirectory,
                    LayerPaths = [.. image?.Layers.Select(l => l.Path) ?? volume.Directories],
                    LayerKeys = [.. image?.Layers.Select(l => l.Key) ?? []],
                };
            case ContainerMountKind.TmpFs:
                return new ContainerMount { Kind = ContainerMountKind.TmpFs, Destination = volume.Destination, ReadOnly = volume.ReadOnly, Options = [.. volume.Options] };
            default:
                if (volume.Source is null)
                {
                    var anonymous = Anonymous(paths, volume.Destination);
                    anonymous.ReadOnly = volume.ReadOnly;
                    return anonymous;
                }
                VolumeName.Check(volume.Source);
                return new ContainerMount
                {
                    Kind = ContainerMountKind.Volume,
                    Name = volume.Source,
                    Source = VolumeStore.DataPath(paths, volume.Source),
                    Destination = volume.Destination,
                    ReadOnly = volume.ReadOnly,
                    Relabel = volume.Relabel,
                    Options = [.. volume.Options],
                };
        }
    }

    private static ContainerMount Anonymous(StorePaths paths, string destination)
    {
        string name = RandomIds.Next();
        return new ContainerMount { Kind = ContainerMountKind.Volume, Name = name, Anonymous = true, Source = VolumeStore.DataPath(paths, name), Destination = destination };
    }
}
