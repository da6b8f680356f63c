using System.Globalization;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Store;

namespace ContainerTools.Core.Build;

/// <summary>A build's own files: they go when it ends. Safe for use by several threads.</summary>
/// <param name="paths">The store.</param>
internal sealed class BuildWorkspace(StorePaths paths) : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<IDisposable> held = [];
    private string? directory;
    private int names;

    /// <summary>Makes a directory.</summary>
    internal string MakeDirectory()
    {
        lock (gate)
        {
            paths.EnsureCreated();
            directory ??= Directory.CreateDirectory(
                Path.Combine(paths.Temporary, BuildContainers.DirectoryPrefix + Guid.NewGuid().ToString("N")), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
            return Directory.CreateDirectory(Path.Combine(directory, (names++).ToString(CultureInfo.InvariantCulture))).FullName;
        }
    }

    /// <summary>Disposes of something at the build's end.</summary>
    internal T Hold<T>(T resource)
        where T : IDisposable
    {
        lock (gate)
        {
            held.Add(resource);
        }

        return resource;
    }

    public void Dispose()
    {
        foreach (var resource in held.AsEnumerable().Reverse())
        {
            resource.Dispose();
        }

        if (directory is not null)
        {
            OwnedTree.Remove(paths, directory);
        }
    }
}
