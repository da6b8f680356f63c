using ContainerTools.Runtime.CommandLine;

namespace ContainerTools.Runtime.Launching;

/// <summary>What a container is launched with beyond its config.json.</summary>
internal sealed class LaunchOptions
{
    /// <summary>The container's standard input in this process; -1 is /dev/null. Ignored for a terminal.</summary>
    public int StandardInput { get; init; }

    /// <summary>The container's standard output in this process; -1 is /dev/null. Ignored for a terminal.</summary>
    public int StandardOutput { get; init; } = 1;

    /// <summary>The container's standard error in this process; -1 is /dev/null. Ignored for a terminal.</summary>
    public int StandardError { get; init; } = 2;

    /// <summary>How many descriptors from 3 on are passed into the container.</summary>
    public int PreservedDescriptors { get; init; }

    /// <summary>
    /// A directory (mode 0700) with the FIFOs of <see cref="StartFifos"/>, through which another process starts the container later; null when this
    /// process starts it, and then it does not outlive this process before that.
    /// </summary>
    public string? StartDirectory { get; init; }

    /// <summary>Whether whoever launches the container holds its root file system, which then outlives the container's processes.</summary>
    public bool HoldsRoot { get; init; }

    /// <summary>Whether the kernel kills the container's first process when the thread that launches it ends. A process that changes its user, as many do first of all, escapes that.</summary>
    public bool EndsWithLauncher { get; init; }

    /// <summary>Whether a further process of a container runs its command as soon as it can, instead of waiting for its start.</summary>
    public bool StartsAtOnce { get; init; }

    /// <summary>How the document's cgroupsPath is understood.</summary>
    public CgroupManager CgroupManager { get; init; }

    /// <summary>The groups below the container's that a further process joins instead of that one; null for none.</summary>
    public SubGroups? SubGroups { get; init; }

    /// <summary>Whether the old root is left by pivot_root(2). Without, it is only covered: for a root on a ramfs, which cannot be left otherwise.</summary>
    public bool PivotRoot { get; init; } = true;

    /// <summary>Whether the process gets a session keyring of its own, instead of the caller's.</summary>
    public bool NewKeyring { get; init; } = true;

    /// <summary>Is told what the process does without, or null.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>What is done at the points that the runtime-spec names; null when there are no hooks.</summary>
    public ILaunchHooks? Hooks { get; init; }
}
