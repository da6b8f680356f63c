using System.Text;
using ContainerTools.Linux.Files;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Specs;

/// <summary>Devices of the host that a container gets: nodes for its /dev and rules for its device cgroup.</summary>
public sealed class DeviceOptions
{
    private const int AtWorkingDirectory = -100;

    private DeviceOptions(List<LinuxDevice> nodes, List<LinuxDeviceRule> rules) => (Nodes, Rules) = (nodes, rules);

    /// <summary>Nodes to make, beside the default ones.</summary>
    public IReadOnlyList<LinuxDevice> Nodes { get; }

    /// <summary>Rules in order: everything refused, then what is allowed. For a privileged container everything is allowed.</summary>
    public IReadOnlyList<LinuxDeviceRule> Rules { get; }

    /// <summary>
    /// Reads <c>/dev/x[:/dev/y][:rwm]</c> each: the host's device, its path inside (the same when absent) and the access (all when absent). A directory
    /// stands for the devices in it.
    /// </summary>
    /// <exception cref="ContainerToolsException">DeviceInvalid, DeviceNotFound.</exception>
    public static DeviceOptions Parse(IEnumerable<string> options, bool privileged)
    {
        var nodes = new Dictionary<string, LinuxDevice>(StringComparer.Ordinal);
        List<LinuxDeviceRule> rules = [new() { Allow = privileged, Access = "rwm" }];
        if (privileged)
            AddDirectory("/dev", "/dev", "rwm", nodes, null);
        foreach (string option in options)
        {
            string[] parts = option.Split(':');
            string source = parts[0];
            string access = parts.Length > 1 && IsAccess(parts[^1]) ? parts[^1] : "rwm";
            string destination = parts.Length > 1 && !IsAccess(parts[1]) ? parts[1] : source;
            if (parts.Length > 3 || !source.StartsWith('/') || !destination.StartsWith('/') || (parts.Length == 3 && !IsAccess(parts[2])))
            {
                throw new ContainerToolsException(
                    "DeviceInvalid", ErrorKind.InvalidArgument, $"The device '{option}' cannot be used: the form is HOSTPATH[:PATH][:ACCESS], paths absolute, access out of r, w and m.", option);
            }
            List<LinuxDeviceRule>? toRules = privileged ? null : rules;
            if (Directory.Exists(source))
                AddDirectory(source, destination, access, nodes, toRules);
            else if (Device(source) is { } device)
                Add(device, destination, access, nodes, toRules);
            else
            {
                throw new ContainerToolsException(
                    "DeviceNotFound", File.Exists(source) ? ErrorKind.InvalidArgument : ErrorKind.NotFound,
                    $"The device '{source}' was asked for, but {(File.Exists(source) ? "that is no device" : "there is no such file on this host")}.", option);
            }
        }
        return new DeviceOptions([.. nodes.Values], rules);
    }

    // Null for what is no device; links are followed, as /dev has many.
    private static FileStatus? Device(string path)
    {
        if (!File.Exists(path))
            return null;
        string real = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        return FileCalls.StatusAt(AtWorkingDirectory, Encoding.UTF8.GetBytes(real + '\0'), out FileStatus status) == 0
            && status.Type is FileType.BlockDevice or FileType.CharacterDevice
            ? status
            : null;
    }

    private static bool IsAccess(string text) => text.Length is > 0 and <= 3 && text.AsSpan().IndexOfAnyExcept("rwm") < 0;

    private static void AddDirectory(string source, string destination, string access, Dictionary<string, LinuxDevice> nodes, List<LinuxDeviceRule>? rules)
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(source))
        {
            string name = Path.GetFileName(path);
            // Mounts of their own inside the container.
            if (source == "/dev" && name is "pts" or "shm" or "mqueue" or "fd" or "console" or "ptmx")
                continue;
            var info = new FileInfo(path);
            if (info.LinkTarget is not null)
                continue;
            if (Directory.Exists(path))
                AddDirectory(path, $"{destination}/{name}", access, nodes, rules);
            else if (Device(path) is { } device)
                Add(device, $"{destination}/{name}", access, nodes, rules);
        }
    }

    private static void Add(FileStatus device, string destination, string access, Dictionary<string, LinuxDevice> nodes, List<LinuxDeviceRule>? rules)
    {
        string type = device.Type == FileType.BlockDevice ? "b" : "c";
        nodes[destination] = new LinuxDevice
        {
            Path = destination,
            Type = type,
            Major = device.NodeMajor,
            Minor = device.NodeMinor,
            FileMode = device.Mode & 0x1FF,
            Uid = device.UserId,
            Gid = device.GroupId,
        };
        rules?.Add(new LinuxDeviceRule { Allow = true, Type = type, Major = device.NodeMajor, Minor = device.NodeMinor, Access = access });
    }
}
