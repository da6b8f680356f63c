using System.Globalization;
using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Linux.Namespaces;

/// <summary>One extent of a user namespace's map.</summary>
/// <param name="Inside">The first id in the namespace.</param>
/// <param name="Outside">The first id in the parent namespace.</param>
/// <param name="Count">How many ids.</param>
public readonly record struct IdMap(uint Inside, uint Outside, uint Count)
{
    /// <summary>Writes the maps of a process's new user namespace (user_namespaces(7)).</summary>
    /// <param name="pid">The process.</param>
    /// <param name="users">The user ids.</param>
    /// <param name="groups">The group ids.</param>
    public static void Write(int pid, IReadOnlyList<IdMap> users, IReadOnlyList<IdMap> groups)
    {
        var directory = $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/";
        WriteFile(directory + "gid_map", groups);
        WriteFile(directory + "uid_map", users);
    }

    /// <summary>The outside id of an inside one, or null where it is not mapped.</summary>
    public static uint? ToOutside(IReadOnlyList<IdMap> maps, uint inside)
    {
        foreach (var map in maps)
        {
            if (inside >= map.Inside && inside - map.Inside < map.Count)
                return map.Outside + (inside - map.Inside);
        }
        return null;
    }

    /// <summary>The inside id of an outside one, or null where it is not mapped.</summary>
    public static uint? ToInside(IReadOnlyList<IdMap> maps, uint outside)
    {
        foreach (var map in maps)
        {
            if (outside >= map.Outside && outside - map.Outside < map.Count)
                return map.Inside + (outside - map.Outside);
        }
        return null;
    }

    /// <summary>Reads a process's user or group map, as the calling process's user namespace sees it.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="groups">Whether the groups' map is meant.</param>
    /// <returns>The map; empty when the process is gone.</returns>
    public static IReadOnlyList<IdMap> Read(int pid, bool groups = false)
    {
        var maps = new List<IdMap>();
        var text = KernelFile.TryRead($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/{(groups ? "gid_map" : "uid_map")}") ?? "";
        // Lines of three numbers.
        Span<uint> numbers = stackalloc uint[3];
        int found = 0;
        bool inNumber = false;
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c))
            {
                numbers[found] = (inNumber ? numbers[found] * 10 : 0) + (uint)(c - '0');
                inNumber = true;
                continue;
            }
            found = (found + (inNumber ? 1 : 0)) % 3;
            if (inNumber && found == 0)
                maps.Add(new(numbers[0], numbers[1], numbers[2]));
            inNumber = false;
        }
        return maps;
    }

    private static void WriteFile(string path, IReadOnlyList<IdMap> maps)
    {
        var text = new StringBuilder();
        foreach (var map in maps)
            text.Append(CultureInfo.InvariantCulture, $"{map.Inside} {map.Outside} {map.Count}\n");
        var fd = LinuxException.ThrowIfFailed(FileCalls.OpenAt(FileCalls.WorkingDirectory, Encoding.UTF8.GetBytes(path + '\0'), OpenFlags.WriteOnly), "open", path);
        // The kernel takes the whole map in one write or not at all.
        var written = FileCalls.Write(fd, Encoding.UTF8.GetBytes(text.ToString()));
        _ = FileCalls.Close(fd);
        LinuxException.ThrowIfFailed(written, "write", path);
    }
}
