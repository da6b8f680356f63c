using ContainerTools.Linux;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>The steps that fill /dev (runtime-spec config-linux.md, "Default Devices", "Default Filesystems"; runtime-linux.md, "Dev symbolic links").</summary>
internal static class DeviceSteps
{
    private static readonly (string Name, uint Major, uint Minor)[] Usual =
        [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

    private static readonly (string Name, string Target)[] Links =
        [("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2"), ("core", "/proc/kcore")];

    /// <summary>Adds the nodes and links that every container has, and those of the document.</summary>
    /// <param name="steps">The table.</param>
    /// <param name="devices">The document's devices.</param>
    /// <param name="bind">Whether nodes are bind mounts of the host's, since a user namespace cannot make any.</param>
    public static void Add(ChildSteps steps, List<LinuxDevice>? devices, bool bind)
    {
        var table = steps.Table;
        var directory = steps.MakeDirectory("/dev");
        foreach (var (name, major, minor) in Usual)
            AddNode(steps, directory, name, "/dev/" + name, bind, 'c', major, minor, 0x1b6, 0, 0);
        foreach (var (name, target) in Links)
            table.Add("symlink", "/dev/" + name, SystemCalls.Symlinkat, table.Text(target), directory, table.Text(name)).Tolerate([Errno.EEXIST]);
        foreach (var device in devices ?? [])
        {
            var path = "/" + ChildSteps.Relative(device.Path);
            var slash = path.LastIndexOf('/');
            var name = path[(slash + 1)..];
            // The usual ones exist with these numbers already.
            if (slash == 4 && path.StartsWith("/dev/", StringComparison.Ordinal) && Array.Exists(Usual, usual => usual.Name == name))
                continue;
            var parent = slash == 4 && path.StartsWith("/dev/", StringComparison.Ordinal) ? directory : steps.MakeDirectory(slash == 0 ? "/" : path[..slash]);
            AddNode(steps, parent, name, path, bind, device.Type switch
            {
                "c" or "u" => 'c',
                "b" => 'b',
                "p" => 'p',
                _ => throw NamespacePlan.Invalid($"the device '{device.Path}' has the type '{device.Type}'; types are c, u, b and p"),
            }, (uint)(device.Major ?? 0), (uint)(device.Minor ?? 0), device.FileMode ?? 0x1b6, device.Uid ?? 0, device.Gid ?? 0);
        }
    }

    private static void AddNode(ChildSteps steps, CallStep directory, string name, string path, bool bind, char type, uint major, uint minor, uint mode, uint user, uint group)
    {
        const uint CharacterDevice = 0x2000, BlockDevice = 0x6000, Fifo = 0x1000, RegularFile = 0x8000;
        var table = steps.Table;
        mode &= 0xfff;
        if (bind && type != 'p')
        {
            var source = steps.CloneHost(HostDevice.Find(path, type, major, minor));
            table.Add("create", path, SystemCalls.Mknodat, directory, table.Text(name), RegularFile | 0x1b6, 0).Tolerate([Errno.EEXIST]);
            steps.Attach(source, steps.Open(path, symbolicLinks: false), path);
            return;
        }
        var format = type switch { 'c' => CharacterDevice, 'b' => BlockDevice, _ => Fifo };
        // makedev(3)
        var number = type == 'p' ? 0 : (long)((minor & 0xff) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & ~0xffu) << 12) | ((ulong)(major & ~0xfffu) << 32));
        // What is there already, in an image's own /dev for example, is left alone.
        table.Add("mknod", path, SystemCalls.Mknodat, directory, table.Text(name), format | mode, number).Tolerate([Errno.EEXIST], skip: 1);
        table.Add("chown", path, SystemCalls.Fchownat, directory, table.Text(name), user, group, 0x100 /* AT_SYMLINK_NOFOLLOW */);
    }
}
