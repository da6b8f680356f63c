using ContainerTools.Core.Archives;
using ContainerTools.Core.Build.Sources;
using ContainerTools.Core.Images;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <summary>Finds what FROM, <c>--from</c> and mounts name: build contexts and images. A name is looked up once in a build.</summary>
internal sealed class BuildContexts(BuildSession session, CancellationToken stop) : IDisposable
{
    private const string ImageScheme = "docker-image://";

    private readonly SemaphoreSlim one = new(1);
    private readonly Dictionary<string, Image> images = [];
    private readonly List<IDisposable> holds = [];
    private readonly Dictionary<string, Task<OpenedContext>> opened = [];

    /// <summary>The image of a name: one that is here, or else its registry's.</summary>
    /// <exception cref="ContainerToolsException">It is nowhere, or is for another platform.</exception>
    internal async Task<Image> FindImageAsync(string name, Platform platform, CancellationToken ct)
    {
        name = session.Options.BuildContexts.TryGetValue(name, out string? given) && given.StartsWith(ImageScheme, StringComparison.Ordinal) ? given[ImageScheme.Length..] : name;
        bool isLayout = session.Options.BuildContexts.TryGetValue(name, out given) && given.StartsWith(LayoutImage.Scheme, StringComparison.Ordinal);
        string key = $"{name}\n{platform}";
        await one.WaitAsync(ct);
        try
        {
            if (!images.TryGetValue(key, out var image))
            {
                image = isLayout ? ReadLayout(given![LayoutImage.Scheme.Length..], platform) : await LookUpAsync(name, platform, ct);
                images[key] = image;
            }

            return image;
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>The directory that a named context is; null when the name is none's, or an image's. What is elsewhere is fetched once.</summary>
    /// <exception cref="BuildProblemException">It is something else.</exception>
    internal async Task<string?> FindDirectoryAsync(string name)
    {
        if (!session.Options.BuildContexts.TryGetValue(name, out string? given) || given.StartsWith(ImageScheme, StringComparison.Ordinal) || given.StartsWith(LayoutImage.Scheme, StringComparison.Ordinal))
        {
            return null;
        }

        Task<OpenedContext>? opening;
        lock (opened)
        {
            if (!opened.TryGetValue(name, out opening))
            {
                opened[name] = opening = new ContextOpener(session.Workspace, session.Trees, session.Layers, session.Git, session.Secrets).OpenAsync(given, stop);
            }
        }

        try
        {
            return (await opening).Directory;
        }
        catch (BuildProblemException e)
        {
            string hint = e.ErrorId == "BuildContextNotFound" ? $"; an image is written as {ImageScheme}NAME" : "";
            throw new BuildProblemException(e.ErrorId, $"the build context '{name}' cannot be used: {e.Message}{hint}");
        }
    }

    public void Dispose()
    {
        holds.ForEach(static h => h.Dispose());
        one.Dispose();
    }

    private Image ReadLayout(string place, Platform platform)
    {
        var (image, blobs) = LayoutImage.Read(place, platform);
        session.Supply.Add(image.Manifest.Layers, (blob, offset, _) =>
        {
            Stream file = ArchiveFile.Open(LayoutImage.PathOf(blobs, blob.Digest));
            file.Position = offset;
            return Task.FromResult(file);
        });
        return image;
    }

    private async Task<Image> LookUpAsync(string name, Platform platform, CancellationToken ct)
    {
        var local = session.Images.Find(name);
        bool isReference = ImageReference.TryParse(name, out var reference);
        if (local.FirstOrDefault(i => platform.Matches(i.Config.Platform)) is { } here && !(session.Options.Pull && isReference && here.Reference == reference))
        {
            return Hold(here, ct);
        }

        if (!isReference)
        {
            return local.Count == 0 ? Hold(session.Images.Get(name), ct) : throw OtherPlatform(name, local[0], platform, "");
        }

        try
        {
            // With results from elsewhere, the base of many a stage is not needed.
            var found = session.Options.CacheFrom.Count > 0 ? await session.Supply.ResolveAsync(reference!, platform, ct)
                : Hold(await session.Images.PullAsync(reference!, new PullOptions { Platform = platform, Trust = session.Options.Trust }, null, ct), ct);
            if (!platform.Matches(found.Config.Platform))
            {
                // As with other builders: who copies files from it, does not mind.
                session.Report(new BuildProgress(BuildStepStatus.Warning, "", 0, 0, $"The image '{name}' is for {found.Config.Platform}, not for {platform}, and its registry has no other. (InvalidBaseImagePlatform)"));
            }

            return found;
        }
        catch (ContainerToolsException e) when (local.Count > 0 && !session.Options.Pull)
        {
            throw OtherPlatform(name, local[0], platform, $" It could not be fetched: {e.Message}");
        }
        catch (ContainerToolsException e) when (name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            // More often a stage was meant than an image of docker's library.
            string stage = session.File.FindStage(name) is { } later ? $"the stage '{name}' begins in line {later.From.Range.StartLine} and cannot be used before" : $"there is no stage '{name}' before";
            throw new ContainerToolsException(e.ErrorId, e.Kind, $"{e.Message} If no image was meant: {stage}.", name, e);
        }
    }

    private Image Hold(Image image, CancellationToken ct)
    {
        holds.Add(session.Images.Hold(image, ct));
        session.Images.EnsureLayers(image, ct);
        return image;
    }

    private static ContainerToolsException OtherPlatform(string name, Image image, Platform platform, string more) => new("ImagePlatformMismatch", ErrorKind.NotFound,
        $"The image '{name}' here is for {image.Config.Platform}, and {platform} is wanted.{more}", name);
}
