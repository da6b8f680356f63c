using ContainerTools.Core.Archives;
using ContainerTools.Core.Build.Files;
using ContainerTools.Engine;
using ContainerTools.Engine.Layers;

namespace ContainerTools.Core.Build.Sources;

/// <summary>Makes a directory of whatever a build context is: a directory, a tar archive, a git repository, an archive or a Containerfile by URL or from a stream.</summary>
/// <param name="workspace">Where what is fetched goes.</param>
/// <param name="trees">Opens them.</param>
/// <param name="layers">Unpacks archives.</param>
/// <param name="git">Fetches repositories.</param>
/// <param name="secrets">Credentials for servers.</param>
internal sealed class ContextOpener(BuildWorkspace workspace, TreeOpener trees, LayerStore layers, GitClient git, SourceSecrets secrets)
{
    private const int ContainerfileLimit = 16 << 20;

    /// <summary>Whether a git repository keeps its directory .git.</summary>
    internal bool KeepGitDirectory { get; init; }

    /// <summary>Opens a context by its name.</summary>
    /// <exception cref="BuildProblemException">It is not there, could not be fetched, or is no context.</exception>
    internal async Task<OpenedContext> OpenAsync(string place, CancellationToken ct)
    {
        if (Directory.Exists(place))
        {
            return new OpenedContext(Path.GetFullPath(place), null, null);
        }

        if (GitReference.TryParse(place, isContext: true) is { } reference)
        {
            var (directory, _) = await git.FetchAsync(reference, await git.ResolveAsync(reference, ct), KeepGitDirectory, ct);
            return new OpenedContext(directory, trees, null);
        }

        if (WebFile.IsUrl(place))
        {
            return await OpenFileAsync(await WebFile.FetchAsync(WebFile.Parse(place), workspace.MakeDirectory(), secrets, ct), place, ct);
        }

        if (!File.Exists(place))
        {
            throw new BuildProblemException("BuildContextNotFound", $"there is no directory '{place}' to build from");
        }

        return ArchiveExtractor.IsArchive(place) ? await UnpackAsync(place, place, ct)
            : throw new BuildProblemException("BuildContextInvalid", $"'{place}' is neither a directory nor a tar archive, so it cannot be a build context; a Containerfile is given with -File");
    }

    /// <summary>Opens what comes as a stream: an archive, or a Containerfile without other files.</summary>
    internal async Task<OpenedContext> OpenAsync(Stream input, CancellationToken ct)
    {
        string path = Path.Combine(workspace.MakeDirectory(), "input");
        await using (var file = File.Create(path))
        {
            await input.CopyToAsync(file, ct);
        }

        return await OpenFileAsync(path, "the input", ct);
    }

    private async Task<OpenedContext> OpenFileAsync(string path, string name, CancellationToken ct)
    {
        if (ArchiveExtractor.IsArchive(path))
        {
            return await UnpackAsync(path, name, ct);
        }

        return new FileInfo(path).Length <= ContainerfileLimit ? new OpenedContext(workspace.MakeDirectory(), trees, await File.ReadAllBytesAsync(path, ct))
            : throw new BuildProblemException("BuildContextInvalid", $"{name} is no tar archive, and has too many bytes for a Containerfile");
    }

    private Task<OpenedContext> UnpackAsync(string path, string name, CancellationToken ct) => Task.Run(
        () =>
        {
            try
            {
                using var file = ArchiveFile.Open(path);
                using var plain = ArchiveFile.Decompress(file);
                return new OpenedContext(workspace.Hold(layers.Unpack(plain, ct)).Path, trees, null);
            }
            catch (Exception e) when (ArchiveFile.IsDataError(e) || e is ContainerToolsException { Kind: ErrorKind.InvalidData })
            {
                throw new BuildProblemException("BuildContextInvalid", $"the archive {name} cannot be unpacked as a build context: {e.Message}");
            }
        },
        ct);
}
