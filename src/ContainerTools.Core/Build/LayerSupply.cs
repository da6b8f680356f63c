using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Core.Build;

/// <summary>Layers that a build knows of but does not have: where they are, and fetching them when they are needed.</summary>
internal sealed class LayerSupply(BuildSession session) : IDisposable
{
    private readonly SemaphoreSlim one = new(1);
    private readonly Dictionary<string, RegistryClient> clients = [];
    private readonly Dictionary<Digest, Func<Descriptor, long, CancellationToken, Task<Stream>>> places = [];
    private readonly List<Image> bases = [];
    private readonly List<IDisposable> holds = [];
    private readonly ImageStoreOptions options = new();

    /// <summary>The client for a name in a registry, with the credential that a login left for it.</summary>
    internal async Task<RegistryClient> ConnectAsync(ImageReference reference, CancellationToken ct)
    {
        string name = $"{reference.Registry}/{reference.Repository}";
        lock (clients)
        {
            if (clients.TryGetValue(name, out var known))
            {
                return known;
            }
        }

        var client = new RegistryClient(reference.Registry, await DockerCredentials.FindAsync(reference, ct), session.Options.Trust, options.Registry);
        lock (clients)
        {
            if (!clients.TryAdd(name, client))
            {
                client.Dispose();
            }

            return clients[name];
        }
    }

    /// <summary>Notes that blobs are in a registry.</summary>
    internal void Add(ImageReference reference, IEnumerable<Descriptor> blobs) =>
        Add(blobs, async (blob, offset, ct) => (await ConnectAsync(reference, ct)).OpenBlob(reference, blob, ct, offset));

    /// <summary>Notes where blobs are.</summary>
    /// <param name="blobs">The blobs.</param>
    /// <param name="open">Opens one of them, from an offset on.</param>
    internal void Add(IEnumerable<Descriptor> blobs, Func<Descriptor, long, CancellationToken, Task<Stream>> open)
    {
        lock (places)
        {
            foreach (var blob in blobs)
            {
                places.TryAdd(blob.Digest, open);
            }
        }
    }

    /// <summary>Finds an image in its registry. It is pulled when one of its layers is needed.</summary>
    internal async Task<Image> ResolveAsync(ImageReference reference, Platform platform, CancellationToken ct)
    {
        var client = await ConnectAsync(reference, ct);
        var image = await ImagePuller.ResolveAsync(client, reference, platform, ct);
        lock (bases)
        {
            bases.Add(image);
        }

        return image;
    }

    /// <summary>Opens a blob that the store may lack.</summary>
    /// <exception cref="ContainerToolsException">ImageContentMissing: nobody knows where it is.</exception>
    internal async Task<Stream> OpenAsync(Descriptor blob, long offset, CancellationToken ct)
    {
        if (session.Content.TryOpen(blob.Digest) is { } here)
        {
            here.Position = offset;
            return here;
        }

        return FindPlace(blob.Digest) is { } open ? await open(blob, offset, ct)
            : throw new ContainerToolsException("ImageContentMissing", ErrorKind.InvalidData,
                $"Layer {blob.Digest.ShortHex} is missing from '{session.Content.Directory}'. Build with -NoCache, or pull the base image again.", blob.Digest);
    }

    /// <summary>Brings layers and their blobs here, as far as they are missing.</summary>
    /// <param name="diffIds">The layers, the base first.</param>
    /// <param name="blobs">Their blobs.</param>
    /// <param name="ct">Cancels.</param>
    internal async Task EnsureAsync(IReadOnlyList<Digest> diffIds, IReadOnlyList<Descriptor> blobs, CancellationToken ct)
    {
        if (!IsMissing(diffIds, blobs))
        {
            return;
        }

        await one.WaitAsync(ct);
        try
        {
            await PullBasesAsync(blobs, ct);
            if (!IsMissing(diffIds, blobs))
            {
                return;
            }

            var installer = new LayerInstaller(session.Content, session.Layers, session.Lease, options.MaxParallelLayers)
            {
                OpenMissingBlob = (blob, token) => OpenAsync(blob, 0, token).GetAwaiter().GetResult(),
            };
            var config = new ImageConfig { RootFs = new ImageRootFs { DiffIds = diffIds } };
            await installer.InstallAsync("the build cache", new ImageManifest { Config = blobs[0], Layers = blobs }, config, ct);
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose()
    {
        holds.ForEach(static h => h.Dispose());
        foreach (var client in clients.Values)
        {
            client.Dispose();
        }

        one.Dispose();
    }

    private bool IsMissing(IReadOnlyList<Digest> diffIds, IReadOnlyList<Descriptor> blobs)
    {
        for (int i = 0; i < diffIds.Count; i++)
        {
            if (session.Layers.Find([.. diffIds.Take(i + 1)]) is null || (FindPlace(blobs[i].Digest) is not null && !session.Content.Contains(blobs[i].Digest, blobs[i].Size)))
            {
                return true;
            }
        }

        return false;
    }

    // A base is pulled as a whole, so that it has its name here afterwards, as in a build that needs it from the start.
    private async Task PullBasesAsync(IReadOnlyList<Descriptor> blobs, CancellationToken ct)
    {
        Image[] needed;
        lock (bases)
        {
            needed = [.. bases.Where(b => b.Manifest.Layers.Count <= blobs.Count && b.Manifest.Layers.Select(static l => l.Digest).SequenceEqual(blobs.Take(b.Manifest.Layers.Count).Select(static l => l.Digest)))];
            bases.RemoveAll(needed.Contains);
        }

        foreach (var image in needed)
        {
            var pulled = await session.Images.PullAsync(image.Reference!, new PullOptions { Platform = image.Config.Platform, Trust = session.Options.Trust }, null, ct);
            if (pulled.Digest != image.Digest)
            {
                throw new ContainerToolsException("BuildBaseChanged", ErrorKind.Unavailable,
                    $"'{image}' was given to another image in its registry while it was in use. Build again.", image);
            }

            holds.Add(session.Images.Hold(pulled, ct));
        }
    }

    private Func<Descriptor, long, CancellationToken, Task<Stream>>? FindPlace(Digest blob)
    {
        lock (places)
        {
            return places.GetValueOrDefault(blob);
        }
    }
}
