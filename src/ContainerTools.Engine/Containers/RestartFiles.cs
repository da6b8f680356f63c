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

    /// <summary>In the run directory: the host goes down.</summary>
    private const string Halted = "halted";

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
    public static void MarkStopped(string directory) => ContainerFiles.Mark(directory, Stopped);

    public static void ClearStopped(string directory) => File.Delete(Path.Combine(directory, Stopped));

    public static bool IsStopped(string directory) => File.Exists(Path.Combine(directory, Stopped));

    /// <summary>Whether nobody's restart policy counts, because the host goes down.</summary>
    public static bool IsHalted(string runRoot) => File.Exists(Path.Combine(runRoot, Halted));

    /// <summary>Lets no restart policy count any more.</summary>
    public static void Halt(string runRoot) => File.WriteAllBytes(Path.Combine(runRoot, Halted), []);

    public static void ClearHalt(string runRoot) => File.Delete(Path.Combine(runRoot, Halted));

    /// <summary>Makes a monitor that waits for a restart look again.</summary>
    public static void Wake(string directory)
    {
        string path = Path.Combine(directory, Stopped + ".wake");
        File.WriteAllBytes(path, []);
        File.Delete(path);
    }
}
