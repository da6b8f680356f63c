using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Engine;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;

namespace ContainerTools.Core.Tests.Support;

/// <summary>A store of its own, and a client that does not wait long.</summary>
public sealed class StoreFixture : IDisposable
{
    private readonly DirectoryInfo directory = System.IO.Directory.CreateTempSubdirectory("ctcore");

    public StoreFixture()
    {
        Paths = new StorePaths(Path.Combine(directory.FullName, "root"), Path.Combine(directory.FullName, "run"));
        Images = Open();
    }

    public StorePaths Paths { get; }

    public ImageStore Images { get; }

    public string Scratch => directory.FullName;

    public static RegistryOptions Impatient { get; } = new()
    {
        RetryDelay = TimeSpan.FromMilliseconds(10),
        MaxRetryDelay = TimeSpan.FromMilliseconds(200),
        IdleTimeout = TimeSpan.FromSeconds(5),
        RetryCount = 3,
    };

    /// <summary>Another shell's view of the same store.</summary>
    public ImageStore Open(RegistryOptions? options = null) => new(Paths, new ImageStoreOptions { Registry = options ?? Impatient });

    public Task<Image> PullAsync(ImageReference reference, RegistryCredential? credential = null, Platform? platform = null, CancellationToken ct = default) =>
        Images.PullAsync(reference, new PullOptions { Credential = credential, Platform = platform }, null, ct);

    public async Task<ContainerToolsException> FailAsync(ImageReference reference, string errorId, RegistryCredential? credential = null, RegistryOptions? options = null)
    {
        var error = await Assert.ThrowsAsync<ContainerToolsException>(
            () => (options is null ? Images : Open(options)).PullAsync(reference, new PullOptions { Credential = credential }, null, CancellationToken.None));
        Assert.True(errorId == error.ErrorId, $"{error.ErrorId}: {error.Message}\n{error.InnerException}");
        AssertNothingVisible();
        return error;
    }

    /// <summary>No image, no half blob, no layer.</summary>
    public void AssertNothingVisible()
    {
        Assert.Empty(Images.List());
        AssertNothingHalfDone();
        Images.Collect(CancellationToken.None);
        Assert.Empty(BlobFiles());
        Assert.Empty(LayerKeys());
    }

    public void AssertNothingHalfDone()
    {
        if (System.IO.Directory.Exists(Path.Combine(Paths.Content, "blobs")))
        {
            Assert.Empty(System.IO.Directory.EnumerateFiles(Path.Combine(Paths.Content, "blobs")));
        }

        Assert.Empty(Lease.ActiveKeys(Paths));
    }

    public IReadOnlyList<string> BlobFiles() => System.IO.Directory.Exists(Path.Combine(Paths.Content, "blobs"))
        ? [.. System.IO.Directory.EnumerateFiles(Path.Combine(Paths.Content, "blobs"), "*", SearchOption.AllDirectories).Select(static f => Path.GetFileName(f)).Order()]
        : [];

    public IReadOnlyList<string> LayerKeys() => [.. new Engine.Layers.LayerStore(Paths).List().Select(static l => l.Key).Order()];

    /// <summary>Puts a container's record into the store, as far as images care.</summary>
    public string AddContainer(string name, Image image)
    {
        string path = Path.Combine(Paths.Containers, new string('a', 60) + Convert.ToHexStringLower(Guid.NewGuid().ToByteArray()[..2]));
        System.IO.Directory.CreateDirectory(path);
        var layers = Images.EnsureLayers(image, CancellationToken.None);
        File.WriteAllText(Path.Combine(path, "container.json"), new System.Text.Json.Nodes.JsonObject
        {
            ["id"] = Path.GetFileName(path),
            ["name"] = name,
            ["imageId"] = image.Id,
            ["layerKeys"] = new System.Text.Json.Nodes.JsonArray([.. layers.Select(l => (System.Text.Json.Nodes.JsonNode)l.Key)]),
        }.ToJsonString());
        return path;
    }

    public void Dispose() => directory.Delete(recursive: true);
}
