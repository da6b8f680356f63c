using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Layers;
using ContainerTools.Linux;

namespace ContainerTools.Engine.Contents;

/// <summary>A directory of the host as an image layer.</summary>
public static class DirectoryLayer
{
    /// <summary>Writes what is in a directory, and the directory itself as the root, as a layer's tar. The same files give the same bytes.</summary>
    /// <param name="directory">The directory's path.</param>
    /// <param name="output">Takes the tar; it stays open.</param>
    /// <param name="options">How to write it; it is always the whole tree.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ContainerToolsException">DirectoryReadFailed.</exception>
    public static void Write(string directory, Stream output, LayerOutput options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            using var root = LocalDirectory.Open(directory);
            using var writer = new TarWriter(output);
            var entries = new EntryArchive(writer, options.LatestTime, options.Progress, cancellationToken);
            entries.WriteRoot(root);
            new TreeArchive(entries, null, cancellationToken).Write(root);
            writer.Finish();
        }
        catch (LinuxException e)
        {
            throw ContainerToolsException.FromIO(e, "DirectoryReadFailed", $"The directory '{directory}' could not be read", directory);
        }
    }
}
