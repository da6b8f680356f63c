using System.Collections.Concurrent;
using System.Globalization;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Engine.Store;

/// <summary>Where everything lies on disk. Both roots are for their owner only (mode 0700), since layers hold set-user-id files.</summary>
public sealed class StorePaths
{
    private static readonly ConcurrentDictionary<(string, string), bool> s_created = new();

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>A store at given places.</summary>
    /// <param name="root">The directory that persists.</param>
    /// <param name="runRoot">The directory for state that a reboot ends.</param>
    public StorePaths(string root, string runRoot)
    {
        Root = Path.GetFullPath(root);
        RunRoot = Path.GetFullPath(runRoot);
    }

    /// <summary>The directory that persists.</summary>
    public string Root { get; }

    /// <summary>The directory for state that a reboot ends.</summary>
    public string RunRoot { get; }

    /// <summary>Images as an OCI image layout: blobs, index.json.</summary>
    public string Content => Path.Combine(Root, "content");

    /// <summary>Unpacked layers.</summary>
    public string Layers => Path.Combine(Root, "layers");

    /// <summary>A directory for each container.</summary>
    public string Containers => Path.Combine(Root, "containers");

    /// <summary>A directory for each volume.</summary>
    public string Volumes => Path.Combine(Root, "volumes");

    /// <summary>A file for each network.</summary>
    public string Networks => Path.Combine(Root, "networks");

    /// <summary>Work in progress; what lies here and is not locked is garbage.</summary>
    public string Temporary => Path.Combine(Root, "tmp");

    /// <summary>Lock files and leases.</summary>
    public string Locks => Path.Combine(Root, "locks");

    /// <summary>
    /// The store that the environment names: CONTAINERTOOLS_ROOT and CONTAINERTOOLS_RUNROOT, else for root /var/lib/containertools and
    /// /run/containertools, for others XDG_DATA_HOME (or ~/.local/share) and XDG_RUNTIME_DIR (or /run/user/UID, or /tmp/containertools-UID).
    /// </summary>
    /// <exception cref="ContainerToolsException">RuntimeDirectoryUnknown: an ordinary user for whom there is none of them.</exception>
    public static StorePaths FromEnvironment() => new(
        Variable("CONTAINERTOOLS_ROOT") ?? (IsOfHost ? "/var/lib/containertools" : Path.Combine(DataHome(), "containertools")),
        Variable("CONTAINERTOOLS_RUNROOT") ?? (IsOfHost ? "/run/containertools" : Path.Combine(RuntimeDirectory(), "containertools")));

    /// <summary>Makes the two roots and the directories in them, where they are missing.</summary>
    /// <exception cref="ContainerToolsException">StoreNotAccessible: they cannot be made.</exception>
    public void EnsureCreated()
    {
        // Each cmdlet asks; the last ones to be made tell of the others, unless somebody has taken the store away.
        if (s_created.ContainsKey((Root, RunRoot)) && Directory.Exists(Locks) && Directory.Exists(RunRoot))
            return;
        foreach (var directory in new[] { Root, RunRoot, Content, Layers, Containers, Volumes, Networks, Temporary, Locks })
        {
            try
            {
                Directory.CreateDirectory(directory, OwnerOnly);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ContainerToolsException("StoreNotAccessible", e is UnauthorizedAccessException ? ErrorKind.PermissionDenied : ErrorKind.Unavailable,
                    $"The store's directory '{directory}' cannot be made: {e.Message} Run as root, or set CONTAINERTOOLS_ROOT and CONTAINERTOOLS_RUNROOT.", directory, e);
            }
        }
        s_created[(Root, RunRoot)] = true;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    // Root of an ordinary user's namespace, in which other engines call a runtime, is that user: what is in /run is not his.
    private static bool IsOfHost => Environment.IsPrivilegedProcess && (UserNamespace.IsInitial || Variable("XDG_RUNTIME_DIR") is null || FileCalls.IsWritable("/run"));

    private static string DataHome() => Variable("XDG_DATA_HOME") ?? Path.Combine(Variable("HOME") ?? "/", ".local", "share");

    // Without a session, as under cron or su, there is the one of another session of the user's, or a directory in /tmp that is nobody else's.
    private static string RuntimeDirectory() => Variable("XDG_RUNTIME_DIR") ?? SessionDirectory() ?? TemporaryDirectory();

    private static string? SessionDirectory()
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/run/user/{FileCalls.EffectiveUserId}");
        return IsOwn(path) ? path : null;
    }

    private static string TemporaryDirectory()
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/tmp/containertools-{FileCalls.EffectiveUserId}");
        _ = FileCalls.MakeDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), (uint)OwnerOnly);
        return IsOwn(path) ? path : throw new ContainerToolsException("RuntimeDirectoryUnknown", ErrorKind.Unavailable,
            $"XDG_RUNTIME_DIR is not set, and '{path}', where the containers' run state would be, is not a directory of this user's that is closed to others. Log in through a session manager, or set CONTAINERTOOLS_RUNROOT.", path);
    }

    private static bool IsOwn(string path) => FileCalls.StatusAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), out var status) == 0
        && status.Type == FileType.Directory && status.UserId == FileCalls.EffectiveUserId && (status.Mode & 0x3f /* 0077 */) == 0;
}
