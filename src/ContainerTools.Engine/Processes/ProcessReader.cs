using System.Globalization;
using System.Text;
using ContainerTools.Engine.Users;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Namespaces;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Engine.Processes;

/// <summary>Reads a container's processes from the host's /proc (proc_pid_stat(5), proc_pid_status(5)).</summary>
internal sealed class ProcessReader
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const int TicksPerSecond = 100;
    private const uint OverflowUser = 65534;

    private readonly Container _container;
    private readonly int _first;
    private readonly int _depth;
    private readonly IReadOnlyList<IdMap> _users;
    private readonly Dictionary<uint, string> _names;
    private readonly DateTimeOffset _boot;

    /// <param name="container">A running container.</param>
    /// <param name="first">Its PID 1 on the host.</param>
    public ProcessReader(Container container, int first)
    {
        _container = container;
        _first = first;
        var status = ReadStatus(first);
        _depth = InnerIds(status).Length - 1;
        _users = IdMap.Read(first);
        _names = ReadUserNames(first);
        string uptime = TryRead("/proc/uptime") ?? "0 0";
        _boot = DateTimeOffset.UtcNow - TimeSpan.FromSeconds(double.Parse(uptime.AsSpan(0, uptime.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture));
    }

    /// <summary>All processes, by id. What ends meanwhile is left out.</summary>
    public IReadOnlyList<ContainerProcess> Read()
    {
        var found = Ids().Select(Read).OfType<ContainerProcess>().OrderBy(p => p.Id).ToList();
        var inner = found.ToDictionary(p => p.Id, p => p.InnerId);
        foreach (var process in found)
            process.InnerParentId = inner.GetValueOrDefault(process.ParentId);
        return found;
    }

    private IEnumerable<int> Ids()
    {
        var members = Cgroup.At(_container.Configuration.CgroupPath).Processes();
        return members.Contains(_first) ? members : IdsByNamespace();
    }

    // Where there are no control groups: the processes that share PID 1's process namespace.
    private IEnumerable<int> IdsByNamespace()
    {
        string? own = Namespace(_first);
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && own is not null && Namespace(id) == own)
                yield return id;
        }
    }

    private static string? Namespace(int id)
    {
        try
        {
            return new FileInfo(ProcFile(id, "ns/pid")).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private ContainerProcess? Read(int id)
    {
        var status = ReadStatus(id);
        if (status.Count == 0 || TryRead(ProcFile(id, "stat")) is not { } stat)
            return null;
        // After the name in parentheses, which may contain anything, fields are regular; the first is number 3.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        int[] inner = InnerIds(status);
        uint user = Number<uint>(status, "Uid", 1);
        uint innerUser = IdMap.ToInside(_users, user) ?? OverflowUser;
        return new ContainerProcess
        {
            Container = _container.Name,
            ContainerId = _container.Id,
            Id = id,
            InnerId = inner.Length > _depth ? inner[_depth] : null,
            ParentId = Number<int>(status, "PPid"),
            User = _names.GetValueOrDefault(innerUser) ?? innerUser.ToString(CultureInfo.InvariantCulture),
            UserId = innerUser,
            HostUserId = user,
            Name = status.GetValueOrDefault("Name", ""),
            CommandLine = ReadCommandLine(id),
            State = ToState(fields[0][0]),
            CpuTime = FromTicks(ulong.Parse(fields[11], CultureInfo.InvariantCulture) + ulong.Parse(fields[12], CultureInfo.InvariantCulture)),
            Memory = Number<long>(status, "VmRSS") * 1024,
            VirtualMemory = Number<long>(status, "VmSize") * 1024,
            Threads = Number<int>(status, "Threads"),
            StartedAt = _boot + FromTicks(ulong.Parse(fields[19], CultureInfo.InvariantCulture)),
        };
    }

    private static Dictionary<string, string> ReadStatus(int id)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in (TryRead(ProcFile(id, "status")) ?? "").Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            // A name cannot hold a line break here: the kernel escapes it.
            if (colon > 0)
                values.TryAdd(line[..colon], line[(colon + 1)..].Trim());
        }
        return values;
    }

    // From the namespace of /proc inwards: the host's id first.
    private static int[] InnerIds(Dictionary<string, string> status) =>
        [.. Words(status, "NSpid").Select(word => int.Parse(word, CultureInfo.InvariantCulture))];

    private static string[] Words(Dictionary<string, string> status, string key) => status.GetValueOrDefault(key, "").Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries);

    private static T Number<T>(Dictionary<string, string> status, string key, int word = 0) where T : struct, ISpanParsable<T> =>
        Words(status, key) is { } words && words.Length > word && T.TryParse(words[word], CultureInfo.InvariantCulture, out var number) ? number : default;

    private static List<string> ReadCommandLine(int id)
    {
        string text = TryRead(ProcFile(id, "cmdline")) ?? "";
        return text.Length == 0 ? [] : [.. (text[^1] == '\0' ? text[..^1] : text).Split('\0')];
    }

    /// <summary>Names of the container's own users, by id. A container may have written anything there; what cannot be read gives no names.</summary>
    private static Dictionary<uint, string> ReadUserNames(int id)
    {
        var names = new Dictionary<uint, string>();
        int fd = FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(ProcFile(id, "root")), OpenFlags.Path | OpenFlags.Directory);
        if (fd < 0)
            return names;
        using var root = new SafeFileHandle(fd, ownsHandle: true);
        try
        {
            foreach (string line in (RootedFile.Read(root, "/etc/passwd") ?? "").Split('\n'))
            {
                if (line.Split(':') is [{ Length: > 0 } name, _, var number, ..] && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out uint user))
                    names.TryAdd(user, name);
            }
        }
        catch (Exception e) when (e is LinuxException or ContainerToolsException)
        {
            names.Clear();
        }
        return names;
    }

    private static ContainerProcessState ToState(char letter) => letter switch
    {
        'R' => ContainerProcessState.Running,
        'S' => ContainerProcessState.Sleeping,
        'D' => ContainerProcessState.Waiting,
        'T' or 't' => ContainerProcessState.Stopped,
        'Z' or 'X' => ContainerProcessState.Zombie,
        'I' => ContainerProcessState.Idle,
        _ => ContainerProcessState.Unknown,
    };

    private static TimeSpan FromTicks(ulong ticks) => TimeSpan.FromMilliseconds((double)ticks * 1000 / TicksPerSecond);

    private static string ProcFile(int id, string file) => $"/proc/{id.ToString(CultureInfo.InvariantCulture)}/{file}";

    private static string? TryRead(string file)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
