using ContainerTools.Linux;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Launching;

/// <summary>The steps of a container's first process that touch files, on a table: looking up and making paths in the root, mounting there.</summary>
internal sealed class ChildSteps(CallTable table)
{
    public const int CurrentDirectory = -100;
    public const int EmptyPath = 0x1000, Recursive = 0x8000;
    private const int PathOnly = 0x200000, DirectoryOnly = 0x10000, NoFollow = 0x20000, CloseOnExec = 0x80000;
    private const int ResolveNoMagicLinks = 2, ResolveNoSymbolicLinks = 4, ResolveInRoot = 0x10;
    private const int OpenTreeClone = 1;
    private const uint RegularFile = 0x8000;

    public CallTable Table => table;

    /// <summary>The container's root directory, not yet attached or attached.</summary>
    public CallArgument Root { get; set; }

    /// <summary>Opens a path in the root, wherever its symbolic links point, without leaving the root.</summary>
    public CallStep Open(string path, bool directory = false, bool symbolicLinks = true)
    {
        var resolve = ResolveInRoot | ResolveNoMagicLinks | (symbolicLinks ? 0 : ResolveNoSymbolicLinks);
        var flags = PathOnly | CloseOnExec | (directory ? DirectoryOnly : 0) | (symbolicLinks ? 0 : NoFollow);
        return table.Add("open in the container", path, SystemCalls.Openat2, Root, table.Text(Relative(path)), table.Longs(flags, 0, resolve), 24);
    }

    /// <summary>Opens a directory in the root, making what is missing of it.</summary>
    public CallStep MakeDirectory(string path, bool symbolicLinks = true)
    {
        var parts = Relative(path).Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
            return Open("/", true);
        Open(path, true, symbolicLinks).Tolerate([Errno.ENOENT]).SkipOnPositive(parts.Length * 2 - 1);
        AddDirectories(parts);
        return Open(path, true, symbolicLinks);
    }

    /// <summary>Makes and opens a directory in one that only this process has, as in a file system that it has just made: there is nothing in the way.</summary>
    public CallStep AddDirectory(CallArgument parent, string name)
    {
        var text = table.Text(name);
        table.Add("mkdir in the container", name, SystemCalls.Mkdirat, parent, text, 0x1ed);
        return table.Add("open in the container", name, SystemCalls.Openat2, parent, text, table.Longs(PathOnly | CloseOnExec | DirectoryOnly | NoFollow, 0, ResolveNoSymbolicLinks), 24);
    }

    /// <summary>Makes what is missing of a directory in the root. Whether the user may go there is found out when he does.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="failed">The error where it can be neither found nor made.</param>
    public void ProvideDirectory(string path, Func<int, Exception> failed)
    {
        var parts = Relative(path).Split('/', StringSplitOptions.RemoveEmptyEntries);
        // What root may not look into, as on some network file systems, can be open to the user.
        Open(path, true).Tolerate([Errno.ENOENT, Errno.EACCES]).OnError(failed).SkipOnPositive(parts.Length * 2 - 1);
        var parent = Root;
        for (var i = 0; i < parts.Length; i++)
        {
            if (i > 0)
                parent = Open(string.Join('/', parts[..i]), true).Tolerate([Errno.EACCES]).OnError(failed);
            table.Add("mkdir in the container", path, SystemCalls.Mkdirat, parent, table.Text(parts[i]), 0x1ed).Tolerate([Errno.EEXIST, Errno.EACCES, Errno.EBADF]).OnError(failed);
        }
    }

    /// <summary>Opens a file in the root as a place to mount a file on, making it and its directories if missing.</summary>
    public CallStep MakeFile(string path, bool symbolicLinks = true)
    {
        var parts = Relative(path).Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
            throw NamespacePlan.Invalid("it mounts a file over the root directory");
        var directories = parts[..^1];
        Open(path, symbolicLinks: symbolicLinks).Tolerate([Errno.ENOENT]).SkipOnPositive((directories.Length == 0 ? 0 : directories.Length * 2) + 1);
        var parent = Root;
        if (directories.Length > 0)
        {
            AddDirectories(directories);
            parent = Open(string.Join('/', directories), true);
        }
        table.Add("create in the container", path, SystemCalls.Mknodat, parent, table.Text(parts[^1]), RegularFile | 0x1a4, 0).Tolerate([Errno.EEXIST]);
        return Open(path, symbolicLinks: symbolicLinks);
    }

    /// <summary>A detached copy of the mount of an open path.</summary>
    public CallStep Clone(CallArgument path, string name, bool recursive) =>
        table.Add("open_tree", name, SystemCalls.OpenTree, path, table.Text(""), OpenTreeClone | CloseOnExec | EmptyPath | (recursive ? Recursive : 0));

    /// <summary>A detached copy of the mount of a file of the host.</summary>
    public CallStep CloneHost(string path, bool recursive = false) =>
        table.Add("open_tree", path, SystemCalls.OpenTree, CurrentDirectory, table.Text(path), OpenTreeClone | CloseOnExec | (recursive ? Recursive : 0));

    /// <summary>Attaches a detached mount at an open path.</summary>
    public CallStep Attach(CallArgument mount, CallArgument target, string name)
    {
        const int FromEmptyPath = 0x4, ToEmptyPath = 0x40;
        return table.Add("mount", name, SystemCalls.MoveMount, mount, table.Text(""), target, table.Text(""), FromEmptyPath | ToEmptyPath);
    }

    /// <summary>Changes a mount.</summary>
    public CallStep SetAttributes(CallArgument mount, string name, ulong set, ulong clear = 0, ulong propagation = 0, bool recursive = false) =>
        table.Add("mount_setattr", name, SystemCalls.MountSetattr, mount, table.Text(""), EmptyPath | (recursive ? Recursive : 0),
            table.Longs((long)set, (long)clear, (long)propagation, 0), 32);

    /// <summary>A detached mount of a new file system.</summary>
    public CallStep NewMount(string type, string name, string? source, IEnumerable<(string Key, string? Value)> data, ulong attributes)
    {
        const int SetFlag = 0, SetString = 1, Create = 6;
        var context = table.Add($"mount {type}", name, SystemCalls.Fsopen, table.Text(type), 1);
        if (source is not null)
            table.Add($"mount {type} with source={source}", name, SystemCalls.Fsconfig, context, SetString, table.Text("source"), table.Text(source), 0);
        foreach (var (key, value) in data)
        {
            if (value is null)
                table.Add($"mount {type} with {key}", name, SystemCalls.Fsconfig, context, SetFlag, table.Text(key), 0, 0);
            else
                table.Add($"mount {type} with {key}={value}", name, SystemCalls.Fsconfig, context, SetString, table.Text(key), table.Text(value), 0);
        }
        table.Add($"mount {type}", name, SystemCalls.Fsconfig, context, Create, 0, 0, 0);
        return table.Add($"mount {type}", name, SystemCalls.Fsmount, context, 1, (long)attributes);
    }

    /// <summary>The path without leading slashes, for a lookup in the root, which a component <c>..</c> does not lead out of.</summary>
    public static string Relative(string path)
    {
        var relative = path.Trim('/');
        return relative.Length == 0 ? "." : relative;
    }

    private void AddDirectories(string[] parts)
    {
        // mkdir, then the next mkdir in what the path so far leads to: an existing symbolic link stays and is followed within the root.
        var parent = Root;
        for (var i = 0; i < parts.Length; i++)
        {
            if (i > 0)
                parent = Open(string.Join('/', parts[..i]), true);
            table.Add("mkdir in the container", string.Join('/', parts[..(i + 1)]), SystemCalls.Mkdirat, parent, table.Text(parts[i]), 0x1ed).Tolerate([Errno.EEXIST]);
        }
    }
}
