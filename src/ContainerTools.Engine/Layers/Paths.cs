using System.Text;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Layers;

/// <summary>Paths in a layer: components joined by slashes, no leading slash, one byte a character; the root is "".</summary>
internal static class Paths
{
    /// <summary>A path as the kernel takes it.</summary>
    public static byte[] Bytes(string path) => Encoding.Latin1.GetBytes(path.Length == 0 ? ".\0" : path + '\0');

    public static string Parent(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash < 0 ? "" : path[..slash];
    }

    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    public static string Join(string directory, string name) => directory.Length == 0 ? name : $"{directory}/{name}";

    public static bool IsBeneath(string path, string directory) =>
        directory.Length == 0 || (path.StartsWith(directory, StringComparison.Ordinal) && path.Length > directory.Length && path[directory.Length] == '/');

    /// <summary>A name in an archive as a path in the layer.</summary>
    /// <exception cref="ContainerToolsException">LayerEntryUnsafe: it leads out of the layer.</exception>
    public static string Normalize(string name, string what, string entry)
    {
        if (name.StartsWith('/'))
            throw Unsafe(entry, $"{what} '{TarEntry.ToText(name)}' is absolute");
        var parts = new List<string>();
        foreach (var part in name.Split('/'))
        {
            if (part is "" or ".")
                continue;
            if (part == "..")
                throw Unsafe(entry, $"{what} '{TarEntry.ToText(name)}' leads out of the layer");
            parts.Add(part);
        }
        return string.Join('/', parts);
    }

    public static ContainerToolsException Unsafe(string entry, string what) => new("LayerEntryUnsafe", ErrorKind.InvalidData,
        $"The layer's entry '{TarEntry.ToText(entry)}' is refused: {what}. The image is damaged or hostile; nothing of this layer was kept.", TarEntry.ToText(entry));

    /// <summary>Opens a directory by an ordinary path.</summary>
    public static int OpenDirectory(string path) =>
        LinuxException.ThrowIfFailed(FileCalls.OpenAt(FileCalls.WorkingDirectory, Encoding.UTF8.GetBytes(path + '\0'), OpenFlags.ReadOnly | OpenFlags.Directory), "open", path);
}
