using ContainerTools.Engine.Store;

namespace ContainerTools.Engine.Networks;

/// <summary>
/// Published ports of a running container that was taken off the network they led to: the file <c>waiting-ports</c> in its directory. Its monitor still holds them, and the next
/// network that the container is connected to gets them. The table's lock is held.
/// </summary>
internal static class WaitingPorts
{
    private const string FileName = "waiting-ports";

    /// <summary>Those that wait; none where there is no file.</summary>
    public static List<PublishedRange> Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        return File.Exists(path) ? [.. File.ReadLines(path).Select(PublishedRange.Parse)] : [];
    }

    /// <summary>Has these wait, and no others.</summary>
    public static void Write(string directory, IEnumerable<PublishedRange> ports)
    {
        string text = string.Concat(ports.Select(p => p.ToText() + "\n"));
        if (text.Length == 0)
            Delete(directory);
        else
            AtomicFile.Write(Path.Combine(directory, FileName), System.Text.Encoding.UTF8.GetBytes(text), durable: false);
    }

    /// <summary>Nothing waits any more.</summary>
    public static void Delete(string directory) => File.Delete(Path.Combine(directory, FileName));
}
