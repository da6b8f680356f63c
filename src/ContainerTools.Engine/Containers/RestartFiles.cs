using System.Text;
using ContainerTools.Engine.Store;
using ContainerTools.Linux.Files;

namespace ContainerTools.Engine.Containers;

/// <summary>
/// What a monitor must know of restarts, as small files in the container's directory: the monitor looks for them when the container ends, so that what is changed while
/// it runs counts, and pays for no JSON.
/// </summary>
internal static class RestartFiles
{
    /// <summary>The restart policy's text; absent for none.</summary>
    private const string Policy = "restart";

    /// <summary>Somebody has stopped the container, and it stays so until somebody starts it.</summary>
    private const string Stopped = "stopped";

    public static RestartPolicy Read(string directory)
    {
        using var file = FileCalls.OpenIfExists(Path.Combine(directory, Policy), OpenFlags.ReadOnly);
        if (file is null)
            return RestartPolicy.No;
        Span<byte> text = stackalloc byte[64];
        int count = FileCalls.Read((int)file.DangerousGetHandle(), text);
        return count <= 0 ? RestartPolicy.No : RestartPolicy.TryParse(Encoding.ASCII.GetString(text[..count])) ?? RestartPolicy.No;
    }

    public static void Write(string directory, string? policy)
    {
        string path = Path.Combine(directory, Policy);
        if (policy is null)
            File.Delete(path);
        else
            AtomicFile.Write(path, Encoding.ASCII.GetBytes(policy), durable: false);
    }

    /// <summary>Says that the container is to stay stopped. To be called before it is asked to end.</summary>
    public static void MarkStopped(string directory) => File.WriteAllBytes(Path.Combine(directory, Stopped), []);

    public static void ClearStopped(string directory) => File.Delete(Path.Combine(directory, Stopped));

    public static bool IsStopped(string directory) => File.Exists(Path.Combine(directory, Stopped));
}
