using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Layers;
using ContainerTools.Engine.Logs;
using ContainerTools.Engine.Store;
using ContainerTools.Engine.Volumes;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Containers;

/// <summary>A store of its own with a busybox layer in it, and short ways to make and run containers.</summary>
public sealed class ContainerFixture : IDisposable
{
    private readonly TemporaryStore _store = new();
    private readonly string _layer;

    public ContainerFixture()
    {
        Paths = new StorePaths(_store.Root, _store.RunRoot);
        Paths.EnsureCreated();
        _layer = Path.Combine(Paths.Layers, "busybox");
        BusyboxImage.WriteRootFileSystem(_layer);
        Manager = new ContainerManager(Paths, RepositoryPaths.Ctrun);
        Volumes = new VolumeStore(Paths);
    }

    public StorePaths Paths { get; }

    public ContainerManager Manager { get; }

    public VolumeStore Volumes { get; }

    public string Scratch => _store.Scratch;

    /// <summary>The layer's directory, to change what the image has before a container is made.</summary>
    public string Layer => _layer;

    public IReadOnlyList<string> Leftovers() => _store.Leftovers();

    public ContainerImage Image(ImageRuntimeConfig? config = null, params string[] moreLayers) => new()
    {
        Reference = "busybox:latest",
        Id = "sha256:" + new string('a', 64),
        Config = new ImageConfig { Architecture = "amd64", Os = "linux", Config = config ?? new ImageRuntimeConfig { Cmd = ["sh"] } },
        Layers =
        [
            new Layer("busybox", Digest.Parse("sha256:" + new string('b', 64)), _layer, 0),
            .. moreLayers.Select((path, i) => new Layer("more" + i, Digest.Parse("sha256:" + new string('c', 64)), path, 0)),
        ],
    };

    public Container Create(params string[] command) => Create(new ContainerOptions { Command = command });

    public Container Create(ContainerOptions options, ImageRuntimeConfig? config = null)
    {
        // What is tested here needs no links and rules on this machine; networks have tests on hosts of their own.
        options.Network ??= "none";
        var container = Manager.Create(options, Image(config), CancellationToken.None);
        _store.Remember(container.Id);
        return container;
    }

    public async Task<Container> StartAsync(ContainerOptions options, ImageRuntimeConfig? config = null) =>
        await Manager.StartAsync(Create(options, config), CancellationToken.None);

    public Task<Container> StartAsync(params string[] command) => StartAsync(new ContainerOptions { Command = command });

    /// <summary>Runs a container to its end.</summary>
    public async Task<(Container Container, string[] Output)> RunAsync(ContainerOptions options, ImageRuntimeConfig? config = null)
    {
        var container = await StartAsync(options, config);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        container = await Manager.WaitAsync(container, limit.Token);
        return (container, await LogAsync(container));
    }

    public Task<(Container Container, string[] Output)> RunAsync(params string[] command) => RunAsync(new ContainerOptions { Command = command });

    public async Task<string[]> LogAsync(Container container, LogOptions? options = null)
    {
        List<string> lines = [];
        await foreach (var record in Manager.ReadLogAsync(container, options ?? new LogOptions(), CancellationToken.None))
            lines.Add(record.Message);
        return [.. lines];
    }

    /// <summary>Waits until a container has written so many lines.</summary>
    public async Task LogsAsync(Container container, int lines)
    {
        for (long deadline = Environment.TickCount64 + 30_000; (await LogAsync(container)).Length < lines;)
        {
            if (Environment.TickCount64 >= deadline)
            {
                var now = Manager.Refresh(container);
                var processes = now.HasProcess ? Manager.Processes(now) : [];
                Assert.Fail($"'{container.Name}' wrote {(await LogAsync(container)).Length} lines instead of {lines}; it is {now.State} ({now.ExitCode}, out of memory: {now.OutOfMemory}) with {string.Join(", ", processes.Select(p => $"{string.Join(" ", p.CommandLine)} ({p.State})"))}");
            }
            await Task.Delay(20);
        }
    }

    public Task RemoveAsync(Container container, bool force = false, bool volumes = false) =>
        Manager.RemoveAsync(container, new RemoveContainerOptions { Force = force, RemoveVolumes = volumes }, CancellationToken.None);

    public void Dispose() => _store.Dispose();
}
