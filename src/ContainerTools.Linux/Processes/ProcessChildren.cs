using System.Globalization;
using System.Text;

namespace ContainerTools.Linux.Processes;

/// <summary>The children of a process (proc_pid_children(5)).</summary>
public static class ProcessChildren
{
    /// <summary>The process ids of the children of all threads of a process; none if it is gone.</summary>
    public static IReadOnlyList<int> Of(int pid)
    {
        var children = new List<int>();
        Span<byte> buffer = stackalloc byte[4096];
        try
        {
            foreach (var task in Directory.EnumerateDirectories($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/task"))
            {
                var length = PidFd.ReadSmallFile(task + "/children", buffer);
                foreach (var word in Encoding.ASCII.GetString(buffer[..Math.Max(0, length)]).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var child))
                        children.Add(child);
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // It has ended.
        }
        return children;
    }
}
