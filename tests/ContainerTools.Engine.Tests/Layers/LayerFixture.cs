using System.Security.Cryptography;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Store;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Layers;

/// <summary>A store in a temporary directory, and layers in it.</summary>
internal sealed class LayerFixture : IDisposable
{
    private readonly TemporaryDirectory _directory = new("ctlay");
    private int _mounts;

    public LayerFixture()
    {
        Paths = new StorePaths(_directory["store"], _directory["run"]);
        Paths.EnsureCreated();
        Store = new LayerStore(Paths);
    }

    public StorePaths Paths { get; }

    public LayerStore Store { get; }

    public string Directory => _directory;

    public static Digest DigestOf(byte[] tar) => Digest.FromSha256(SHA256.HashData(tar));

    /// <summary>Unpacks and commits layers on top of each other.</summary>
    public IReadOnlyList<Layer> Add(params IEnumerable<byte[]> tars)
    {
        var diffIds = new List<Digest>();
        var layers = new List<Layer>();
        foreach (byte[] tar in tars)
        {
            using var staged = Store.Unpack(new MemoryStream(tar));
            layers.Add(Store.Commit(staged, DigestOf(tar), diffIds));
            diffIds.Add(DigestOf(tar));
        }

        return layers;
    }

    /// <summary>Mounts a stack as overlayfs shows it, read-only.</summary>
    public string Mount(IReadOnlyList<Layer> layers)
    {
        string target = _directory[$"mount{_mounts++}"];
        System.IO.Directory.CreateDirectory(target);

        // Overlayfs wants two lower directories at least.
        string empty = _directory["empty"];
        System.IO.Directory.CreateDirectory(empty);
        var lower = layers.Reverse().Select(l => l.Path).Append(empty);
        Command.Run("mount", "-t", "overlay", "overlay", "-o", $"ro,lowerdir={string.Join(':', lower)}", target).Succeeded();
        return target;
    }

    /// <summary>What lies in layers/, without markers' and locks' details.</summary>
    public IReadOnlyList<string> Entries() => [.. System.IO.Directory.EnumerateFileSystemEntries(Paths.Layers).Select(p => Path.GetFileName(p)!)];

    public void Dispose() => _directory.Dispose();
}
