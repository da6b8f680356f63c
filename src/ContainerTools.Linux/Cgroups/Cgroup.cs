using System.Globalization;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Linux.Cgroups;

/// <summary>
/// One control group in every hierarchy of the machine: version 1 controllers, version 2, or both. Nested calls are safe: what exists is used.
/// </summary>
/// <remarks>
/// On a hybrid machine the group exists in the version 2 tree too, although that has no controllers: there the kernel kills a whole group at once.
/// </remarks>
public sealed partial class Cgroup
{
    private const int MakeAttempts = 100;
    private const uint Mode = 0b111_101_101;

    private static readonly TimeSpan RemovalLimit = TimeSpan.FromSeconds(5);

    private readonly CgroupHierarchies hierarchies;
    private readonly string relative;

    private Cgroup(string path, CgroupHierarchies hierarchies)
    {
        relative = path.Trim('/');
        if (relative.Length == 0 || relative.Split('/').Any(part => part is "" or "." or ".."))
            throw new ArgumentException($"'{path}' is not the path of a control group: names separated by '/', no '.' or '..'.", nameof(path));
        this.hierarchies = hierarchies;
    }

    /// <summary>The path from each hierarchy's root, beginning with a slash.</summary>
    public string Path => "/" + relative;

    /// <summary>Its directory in the version 2 tree, or null where there is none.</summary>
    public string? UnifiedDirectory => hierarchies.Unified is { } root ? $"{root}/{relative}" : null;

    /// <summary>Its directories, each once.</summary>
    public IReadOnlyList<string> Directories
    {
        get
        {
            var list = LegacyPaths("");
            if (UnifiedDirectory is { } unified)
                list.Add(unified);
            return list;
        }
    }

    /// <summary>
    /// The files by which a process of one thread joins the version 1 hierarchies, writing 0 for itself; in version 2 it begins with clone3(2).
    /// </summary>
    /// <remarks>Through cgroup.procs the same takes up to 20 ms, since the kernel then waits until no process is making threads.</remarks>
    public IReadOnlyList<string> LegacyJoinFiles => LegacyPaths("/tasks");

    /// <summary>How many processes the kernel killed in it for want of memory, or 0 where it does not count them.</summary>
    public long OutOfMemoryKills =>
        (hierarchies.UnifiedControls
            ? CgroupFile.ReadKey(UnifiedDirectory + "/memory.events", "oom_kill")
            : Directory("memory") is { } memory ? CgroupFile.ReadKey(memory + "/memory.oom_control", "oom_kill") : null) ?? 0;

    /// <summary>A group that may or may not exist.</summary>
    /// <param name="path">The path from each hierarchy's root.</param>
    public static Cgroup At(string path) => new(path, CgroupHierarchies.Current);

    /// <summary>Makes the group, and its parents, and sets its limits.</summary>
    /// <param name="path">The path from each hierarchy's root.</param>
    /// <param name="limits">The limits.</param>
    /// <exception cref="CgroupException">A limit cannot be set; the group is gone again if this call made it.</exception>
    /// <exception cref="LinuxException">The group cannot be made.</exception>
    public static Cgroup Create(string path, CgroupLimits? limits = null)
    {
        var group = At(path);
        var made = false;
        try
        {
            group.Make(ref made);
            if (limits is not null)
                group.Apply(limits);
            return group;
        }
        catch when (made)
        {
            group.Remove();
            throw;
        }
    }

    /// <summary>Sets limits on an existing group.</summary>
    /// <param name="limits">The limits; what is null stays.</param>
    /// <exception cref="CgroupException">A limit cannot be set.</exception>
    public void Apply(CgroupLimits limits)
    {
        if (hierarchies.UnifiedControls)
            new UnifiedLimitWriter(UnifiedDirectory!).Apply(limits);
        else
            new LegacyLimitWriter(Directory).Apply(limits);
    }

    /// <summary>Moves a process into the group.</summary>
    /// <param name="pid">The process id.</param>
    public void Add(int pid)
    {
        foreach (var directory in Directories)
            CgroupFile.Write(directory + "/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The processes in it and in the groups below it.</summary>
    public IReadOnlyList<int> Processes()
    {
        var found = new SortedSet<int>();
        // Any one hierarchy has them all.
        if (Directories.FirstOrDefault(System.IO.Directory.Exists) is { } directory)
            Collect(directory, found);
        return [.. found];
    }

    /// <summary>Kills every process in it and below it, also new ones and frozen ones. Returns when the kernel was told; they may take a moment to end.</summary>
    public void Kill()
    {
        if (UnifiedDirectory is { } unified && CgroupFile.TryWrite(unified + "/cgroup.kill", "1") == 0)
        {
            // What version 1 has frozen does not even die.
            if (Directory("freezer") is not null)
                Thaw();
            return;
        }
        // Before Linux 5.14: until none is left, since one may fork while another is killed.
        for (var round = 0; round < 100; round++)
        {
            var processes = Processes();
            if (processes.Count == 0)
                return;
            foreach (var pid in processes)
                _ = NativeMethods.Syscall(SystemCalls.Kill, pid, Signals.Kill);
            Thaw();
            Thread.Sleep(1);
        }
    }

    /// <summary>Suspends every process in it (version 1 freezer, version 2 cgroup.freeze), and waits until they are.</summary>
    /// <exception cref="CgroupException">There is no freezer.</exception>
    public void Freeze()
    {
        if (Directory("freezer") is { } freezer)
        {
            WaitFor(() =>
            {
                // Version 1 may stay FREEZING for ever while a process forks; writing again makes it try again.
                CgroupFile.Write(freezer + "/freezer.state", "FROZEN");
                return CgroupFile.TryRead(freezer + "/freezer.state")?.Trim() == "FROZEN";
            });
        }
        else if (UnifiedDirectory is { } unified)
        {
            CgroupFile.Write(unified + "/cgroup.freeze", "1");
            WaitFor(() => CgroupFile.ReadKey(unified + "/cgroup.events", "frozen") == 1);
        }
        else
        {
            throw new CgroupException("freezer", "A container cannot be paused here: no cgroup freezer is mounted.");
        }
    }

    /// <summary>Lets the processes go on.</summary>
    public void Thaw()
    {
        if (Directory("freezer") is { } freezer)
            _ = CgroupFile.TryWrite(freezer + "/freezer.state", "THAWED");
        else if (UnifiedDirectory is { } unified)
            _ = CgroupFile.TryWrite(unified + "/cgroup.freeze", "0");
    }

    /// <summary>Whether it is suspended.</summary>
    public bool IsFrozen =>
        Directory("freezer") is { } freezer
            ? CgroupFile.TryRead(freezer + "/freezer.state")?.Trim() is "FROZEN" or "FREEZING"
            : UnifiedDirectory is { } unified && CgroupFile.TryRead(unified + "/cgroup.freeze")?.Trim() == "1";

    /// <summary>
    /// Removes the group and those below it. Processes that were killed need a moment to leave, so it tries for five seconds.
    /// </summary>
    /// <returns>Whether nothing is left of it; false while a process lives in it.</returns>
    public bool Remove()
    {
        var deadline = Environment.TickCount64 + (long)RemovalLimit.TotalMilliseconds;
        var all = true;
        foreach (var directory in Directories)
        {
            var pause = 1;
            while (!TryRemove(directory))
            {
                if (Environment.TickCount64 > deadline)
                {
                    all = false;
                    break;
                }
                Thread.Sleep(pause);
                pause = Math.Min(pause * 2, 50);
            }
        }
        return all;
    }

    /// <summary>Removes the group if nobody lives in it and no group lies below it.</summary>
    /// <returns>Whether nothing is left of it.</returns>
    public bool TryRemoveEmpty()
    {
        foreach (var directory in Directories)
        {
            if (!TryRemoveEmpty(directory))
                return false;
        }
        return true;
    }

    /// <summary>Removes the group, and kills whoever lives in it if somebody does.</summary>
    /// <returns>Whether nothing is left of it.</returns>
    public bool Clear()
    {
        if (TryRemoveEmpty())
            return true;
        Kill();
        return Remove();
    }

    private static bool TryRemoveEmpty(string directory) =>
        FileCalls.RemoveDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(directory)) is 0 or -Errno.ENOENT;

    private static bool TryRemove(string directory)
    {
        if (TryRemoveEmpty(directory))
            return true;
        try
        {
            // Only directories can be removed, from the innermost one out; the files go with them.
            foreach (var child in System.IO.Directory.EnumerateDirectories(directory))
            {
                if (!TryRemove(child))
                    return false;
            }
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        return TryRemoveEmpty(directory);
    }

    private static void Collect(string directory, SortedSet<int> found)
    {
        foreach (var word in CgroupFile.ReadWords(directory + "/cgroup.procs"))
        {
            // 0 is a process of another process namespace, which cannot be named here.
            if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0)
                found.Add(pid);
        }
        try
        {
            foreach (var child in System.IO.Directory.EnumerateDirectories(directory))
                Collect(child, found);
        }
        catch (DirectoryNotFoundException)
        {
            // Removed meanwhile: nothing lives there.
        }
    }

    private static void WaitFor(Func<bool> condition)
    {
        for (var pause = 1; !condition(); pause = Math.Min(pause * 2, 100))
        {
            if (pause >= 100)
                throw new CgroupException("freezer", "The container did not freeze: a process in it is in a state that cannot be interrupted. Try again, or stop it.");
            Thread.Sleep(pause);
        }
    }

    private string? Directory(string controller) => hierarchies.V1.TryGetValue(controller, out var root) ? $"{root}/{relative}" : null;

    /// <param name="made">Becomes true with the first directory that is new, also when a later one fails.</param>
    private void Make(ref bool made)
    {
        foreach (var root in hierarchies.V1.Values.Distinct(StringComparer.Ordinal))
        {
            Action<string, string>? prepare = root == hierarchies.V1.GetValueOrDefault("cpuset") ? InheritCpuSet : null;
            var directory = $"{root}/{relative}";
            // Its parents are there already, but for the first time.
            if (FileCalls.MakeDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(directory), Mode) == 0)
            {
                made = true;
                prepare?.Invoke(System.IO.Path.GetDirectoryName(directory)!, directory);
            }
            else
            {
                MakeBelow(root, ref made, prepare);
            }
        }
        if (hierarchies.Unified is { } unified)
            MakeBelow(unified, ref made, hierarchies.UnifiedControls ? EnableControllers : null);
    }

    private void MakeBelow(string root, ref bool made, Action<string, string>? prepare)
    {
        // A parent that is empty may be removed by somebody before it has this child.
        for (var attempt = 0; !TryMakeBelow(root, ref made, prepare, last: attempt == MakeAttempts); attempt++)
        {
        }
    }

    private bool TryMakeBelow(string root, ref bool made, Action<string, string>? prepare, bool last)
    {
        var directory = root;
        foreach (var part in relative.Split('/'))
        {
            var parent = directory;
            directory = $"{directory}/{part}";
            var result = FileCalls.MakeDirectoryAt(FileCalls.WorkingDirectory, PathBytes.Terminated(directory), Mode);
            if (result == 0)
                made = true;
            else if (result == -Errno.ENOENT && parent != root && !last)
                return false;
            else if (!System.IO.Directory.Exists(directory))
                throw new LinuxException(-result, "mkdir", directory);
            prepare?.Invoke(parent, directory);
        }
        return true;
    }

    // A new cpuset has no CPUs and takes no process, unless its parent says that it is to begin as a copy: which spares those that come later four readings.
    private void InheritCpuSet(string parent, string directory)
    {
        foreach (var file in new[] { "/cpuset.cpus", "/cpuset.mems" })
        {
            if (!string.IsNullOrWhiteSpace(CgroupFile.TryRead(directory + file)))
                continue;
            // Somebody else has only just made the parent, and not come to this yet.
            if (parent.Length > hierarchies.V1["cpuset"].Length && string.IsNullOrWhiteSpace(CgroupFile.TryRead(parent + file)))
                InheritCpuSet(System.IO.Path.GetDirectoryName(parent)!, parent);
            _ = CgroupFile.TryWrite(directory + file, CgroupFile.TryRead(parent + file)?.Trim() ?? "");
        }
        if (!directory.EndsWith(relative, StringComparison.Ordinal))
            _ = CgroupFile.TryWrite(directory + "/cgroup.clone_children", "1");
    }

    private static void EnableControllers(string parent, string directory)
    {
        var enabled = CgroupFile.ReadWords(parent + "/cgroup.subtree_control");
        foreach (var controller in CgroupFile.ReadWords(parent + "/cgroup.controllers").Except(enabled))
        {
            // One by one: some cannot be enabled beside processes of real-time class, and that must not cost the others.
            _ = CgroupFile.TryWrite(parent + "/cgroup.subtree_control", "+" + controller);
        }
    }

    // Controllers that are mounted together have one root. No query: the generic virtual methods of those over values cost a short-lived program half a millisecond.
    private List<string> LegacyPaths(string file)
    {
        var paths = new List<string>();
        foreach (var root in hierarchies.V1.Values)
        {
            var path = string.Concat(root, "/", relative, file);
            if (!paths.Contains(path))
                paths.Add(path);
        }
        return paths;
    }
}
