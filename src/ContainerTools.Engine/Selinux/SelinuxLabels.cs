using System.Globalization;
using ContainerTools.Linux;

namespace ContainerTools.Engine.Selinux;

/// <summary>
/// A container's SELinux labels: its processes' and its files', both with two categories that no other container has, so that one container cannot touch what is another's.
/// </summary>
/// <param name="Process">The label of its processes.</param>
/// <param name="Files">The label of its files.</param>
internal sealed record SelinuxLabels(string Process, string Files)
{
    private const int Categories = 1024;

    /// <summary>Whether the kernel runs SELinux.</summary>
    public static bool IsEnabled => KernelFeatures.SecurityModules.Contains("selinux");

    /// <summary>Chooses labels.</summary>
    /// <param name="contexts">The policy's lxc_contexts file, see <see cref="ReadContexts"/>.</param>
    /// <param name="taken">The file labels of other containers.</param>
    public static SelinuxLabels Choose(string contexts, IEnumerable<string?> taken)
    {
        var levels = taken.OfType<string>().Select(label => label[(label.LastIndexOf(':') + 1)..]).ToHashSet(StringComparer.Ordinal);
        string level;
        do
        {
            int low = Random.Shared.Next(Categories - 1), high = Random.Shared.Next(low + 1, Categories);
            level = string.Create(CultureInfo.InvariantCulture, $"c{low},c{high}");
        }
        while (levels.Contains(level));
        return new SelinuxLabels(WithLevel(Context(contexts, "process", "system_u:system_r:container_t:s0"), level), WithLevel(Context(contexts, "file", "system_u:object_r:container_file_t:s0"), level));
    }

    /// <summary>The text of the loaded policy's file of container contexts; empty if it has none (selinux_config(5), selinux_lxc_contexts_path(3)).</summary>
    public static string ReadContexts()
    {
        string type = ReadLines("/etc/selinux/config").Select(line => line.Trim().Split('=', 2)).FirstOrDefault(pair => pair is ["SELINUXTYPE", _])?[1].Trim() ?? "targeted";
        return string.Join('\n', ReadLines($"/etc/selinux/{type}/contexts/lxc_contexts"));
    }

    /// <summary>A file label that every container may use: without categories.</summary>
    public static string Shared(string label) => label[..(label.LastIndexOf(':') + 1)].TrimEnd(':');

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>A line such as <c>process = "system_u:system_r:container_t:s0"</c>.</summary>
    private static string Context(string contexts, string name, string otherwise)
    {
        foreach (string line in contexts.Split('\n'))
        {
            if (line.Trim().Split('=', 2) is [var key, var value] && key.Trim() == name && value.Trim().Trim('"') is { Length: > 0 } context)
                return context;
        }
        return otherwise;
    }

    /// <summary>user:role:type:sensitivity with categories in the place of those that it has.</summary>
    private static string WithLevel(string context, string level) => string.Join(':', context.Split(':').Take(4)) + ":" + level;
}
