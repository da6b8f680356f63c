using System.Text;
using ContainerTools.Linux.Processes;
using Microsoft.Win32.SafeHandles;

namespace ContainerTools.Linux.Mounts;

/// <summary>
/// The mount API by file descriptors (open_tree(2), move_mount(2), mount_setattr(2), fsopen(2), fsconfig(2), fsmount(2)) and mount(2).
/// Every call throws <see cref="LinuxException"/>; every descriptor returned closes on exec.
/// </summary>
public static unsafe class MountApi
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const uint CloseOnExec = 0x80000;  // O_CLOEXEC, the value of OPEN_TREE_CLOEXEC on x86-64 and arm64
    private const int ConfigFlag = 0, ConfigString = 1, ConfigFd = 5, ConfigCreate = 6;

    /// <summary>open_tree(2): the mount at a path.</summary>
    /// <param name="directory">The directory that a relative path starts from, or null for the working directory.</param>
    /// <param name="path">The path; symbolic links are followed.</param>
    /// <param name="flags">What to open.</param>
    public static SafeFileHandle OpenTree(SafeFileHandle? directory, string path, OpenTreeFlags flags)
    {
        using var strings = new NativeStrings();
        return Descriptor(NativeMethods.Syscall(SystemCalls.OpenTree, Number(directory), (long)strings.Add(path), (long)((uint)flags | CloseOnExec)), "open_tree", path);
    }

    /// <summary>move_mount(2): attaches a detached mount at a path.</summary>
    /// <param name="mount">The mount, as <see cref="OpenTree"/> or <see cref="FsMount"/> gave it.</param>
    /// <param name="directory">The directory that a relative path starts from, or null for the working directory.</param>
    /// <param name="path">Where to; empty for <paramref name="directory"/> itself.</param>
    public static void MoveMount(SafeFileHandle mount, SafeFileHandle? directory, string path)
    {
        const int FromEmptyPath = 0x4, ToEmptyPath = 0x40, ToSymlinks = 0x10;
        using var strings = new NativeStrings();
        var flags = FromEmptyPath | (path.Length == 0 ? ToEmptyPath : ToSymlinks);
        Check(NativeMethods.Syscall(SystemCalls.MoveMount, Number(mount), (long)strings.Add(""), Number(directory), (long)strings.Add(path), flags), "move_mount", path);
    }

    /// <summary>mount_setattr(2): changes a mount's attributes, its id map or its propagation.</summary>
    /// <param name="mount">The mount.</param>
    /// <param name="set">Attributes to set.</param>
    /// <param name="clear">Attributes to clear.</param>
    /// <param name="userNamespace">With <see cref="MountAttributes.IdMap"/>: the user namespace whose maps apply.</param>
    /// <param name="recursive">Also the mounts below it.</param>
    /// <param name="propagation">The propagation to set.</param>
    public static void SetAttributes(SafeFileHandle mount, MountAttributes set, MountAttributes clear = MountAttributes.None,
        SafeFileHandle? userNamespace = null, bool recursive = false, MountPropagation propagation = MountPropagation.Unchanged)
    {
        using var strings = new NativeStrings();
        var attributes = stackalloc ulong[] { (ulong)set, (ulong)clear, (ulong)propagation, (ulong)(userNamespace is null ? 0 : Number(userNamespace)) };
        const uint EmptyPath = 0x1000, Recursive = 0x8000;
        Check(NativeMethods.Syscall(SystemCalls.MountSetattr, Number(mount), (long)strings.Add(""), EmptyPath | (recursive ? Recursive : 0), (long)attributes, 32), "mount_setattr", null);
    }

    /// <summary>fsopen(2): a new file system to be configured.</summary>
    /// <param name="type">The file system's type, for example <c>overlay</c>.</param>
    public static SafeFileHandle FsOpen(string type)
    {
        const int CloseOnExecFlag = 1;
        using var strings = new NativeStrings();
        return Descriptor(NativeMethods.Syscall(SystemCalls.Fsopen, (long)strings.Add(type), CloseOnExecFlag), "fsopen", type);
    }

    /// <summary>fsconfig(2) with a string value.</summary>
    public static void Configure(SafeFileHandle fileSystem, string key, string value)
    {
        using var strings = new NativeStrings();
        Config(fileSystem, ConfigString, strings.Add(key), strings.Add(value), 0, key);
    }

    /// <summary>fsconfig(2) with a flag.</summary>
    public static void Configure(SafeFileHandle fileSystem, string flag)
    {
        using var strings = new NativeStrings();
        Config(fileSystem, ConfigFlag, strings.Add(flag), null, 0, flag);
    }

    /// <summary>fsconfig(2) with a descriptor as value (FSCONFIG_SET_FD).</summary>
    public static void Configure(SafeFileHandle fileSystem, string key, SafeFileHandle value)
    {
        using var strings = new NativeStrings();
        Config(fileSystem, ConfigFd, strings.Add(key), null, (int)Number(value), key);
    }

    /// <summary>fsconfig(2) FSCONFIG_CMD_CREATE: makes the superblock. An error carries what the kernel logged on the context.</summary>
    public static void Create(SafeFileHandle fileSystem, string what) => Config(fileSystem, ConfigCreate, null, null, 0, what);

    /// <summary>fsmount(2): a detached mount of a configured file system.</summary>
    public static SafeFileHandle FsMount(SafeFileHandle fileSystem, MountAttributes attributes)
    {
        const int CloseOnExecFlag = 1;
        return Descriptor(NativeMethods.Syscall(SystemCalls.Fsmount, Number(fileSystem), CloseOnExecFlag, (long)attributes), "fsmount", null);
    }

    /// <summary>mount(2).</summary>
    /// <param name="source">The source; any word where the type has none.</param>
    /// <param name="target">The directory or file to mount on.</param>
    /// <param name="type">The file system's type, or null for bind mounts and changes.</param>
    /// <param name="flags">MS_* flags.</param>
    /// <param name="data">The file system's options, less than one page.</param>
    public static void Mount(string source, string target, string? type, ulong flags, string? data = null)
    {
        using var strings = new NativeStrings();
        Check(NativeMethods.Syscall(SystemCalls.Mount, (long)strings.Add(source), (long)strings.Add(target), type is null ? 0 : (long)strings.Add(type), (long)flags,
            data is null ? 0 : (long)strings.Add(data)), "mount", target);
    }

    /// <summary>umount2(2) with MNT_DETACH and UMOUNT_NOFOLLOW: gone from the tree at once, freed when nothing uses it.</summary>
    public static void Detach(string target)
    {
        const int DetachNoFollow = 2 | 8;
        using var strings = new NativeStrings();
        Check(NativeMethods.Syscall(SystemCalls.Umount2, (long)strings.Add(target), DetachNoFollow), "umount2", target);
    }

    /// <summary>
    /// Gives the calling thread a mount namespace of its own, in which nothing spreads to or from the host (unshare(2), mount(2) MS_REC|MS_SLAVE).
    /// </summary>
    public static void EnterPrivateNamespace()
    {
        const long NewNamespace = 0x20000;
        const ulong Recursive = 0x4000;
        Check(NativeMethods.Syscall(SystemCalls.Unshare, NewNamespace), "unshare", null);
        Mount("none", "/", null, Recursive | (ulong)MountPropagation.Slave);
    }

    private static long Number(SafeFileHandle? handle) => handle is null ? CurrentDirectory : handle.DangerousGetHandle();

    private static SafeFileHandle Descriptor(long result, string operation, string? path)
    {
        Check(result, operation, path);
        return new SafeFileHandle((nint)result, ownsHandle: true);
    }

    private static void Check(long result, string operation, string? path)
    {
        if (result < 0)
            throw LinuxException.Last(operation, path);
    }

    private static void Config(SafeFileHandle fileSystem, int command, byte* key, byte* value, int number, string what)
    {
        if (NativeMethods.Syscall(SystemCalls.Fsconfig, Number(fileSystem), command, (long)key, (long)value, number) >= 0)
            return;
        var error = LinuxException.Last("fsconfig", what);
        // The kernel explains itself in messages read from the context, one a read, of the form "e overlay: ...".
        var buffer = stackalloc byte[512];
        var length = NativeMethods.Read((int)Number(fileSystem), buffer, 512);
        throw length > 2 ? new LinuxException(error.Errno, "fsconfig", $"{what} ({Encoding.UTF8.GetString(buffer + 2, (int)length - 2).Trim()})") : error;
    }
}
