using ContainerTools.Engine;
using ContainerTools.Engine.Systemd;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Linux.Events;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// A scope that systemd was asked for, as a container's control group. A scope cannot be without a process, and the container's is made in it: so another one holds the place until
/// then.
/// </summary>
internal sealed class SystemdScope : IDisposable
{
    /// <summary>How this program is executed to hold a place.</summary>
    public const string PlaceholderCommand = "hold-place";

    private readonly SystemdManager _systemd;
    private readonly PidFd _placeholder;
    private readonly int _alive;

    private SystemdScope(SystemdManager systemd, string unit, string path, PidFd placeholder, int alive) =>
        (_systemd, Unit, Path, _placeholder, _alive) = (systemd, unit, path, placeholder, alive);

    /// <summary>Its name.</summary>
    public string Unit { get; }

    /// <summary>Its control group's path, from each hierarchy's root.</summary>
    public string Path { get; }

    /// <summary>Starts one.</summary>
    /// <param name="slice">The slice that it is in.</param>
    /// <param name="unit">Its name.</param>
    /// <param name="description">What it is, for people.</param>
    /// <param name="limits">The container's limits.</param>
    /// <param name="annotations">The container's annotations, which may name further properties.</param>
    /// <exception cref="ContainerToolsException">SystemdNotAvailable, SystemdFailed, AnnotationInvalid.</exception>
    public static SystemdScope Start(string slice, string unit, string description, CgroupLimits limits, IReadOnlyDictionary<string, string>? annotations)
    {
        var systemd = SystemdManager.Connect();
        var (read, write) = EventCalls.Pipe();
        PidFd? placeholder = null;
        try
        {
            placeholder = ChildProcess.Spawn("/proc/self/exe", ["ctrun", PlaceholderCommand], new SpawnOptions { Descriptors = new Dictionary<int, int> { [0] = read } });
            var path = systemd.StartScope(unit, placeholder.Pid,
                [.. ScopeProperties.Common(description, slice), .. ScopeProperties.Of(limits, CgroupHierarchies.Current.UnifiedControls), .. ScopeProperties.OfAnnotations(annotations)]);
            return new SystemdScope(systemd, unit, path, placeholder, write);
        }
        catch
        {
            _ = FileCalls.Close(write);
            Release(placeholder);
            systemd.Dispose();
            throw;
        }
        finally
        {
            _ = FileCalls.Close(read);
        }
    }

    /// <summary>Removes a container's control group, and the scope that it is.</summary>
    /// <param name="path">The group's path.</param>
    /// <param name="unit">The scope; null where systemd was not asked for one.</param>
    /// <returns>Whether it is gone; false while a process lives in it.</returns>
    public static bool Remove(string path, string? unit)
    {
        if (unit is not null && SystemdManager.IsRunning)
        {
            try
            {
                using var systemd = SystemdManager.Connect();
                systemd.Stop(unit);
            }
            catch (ContainerToolsException)
            {
                // It goes with its last process.
            }
        }
        if (!Cgroup.At(path).Remove())
            return false;
        RemoveSlices(path);
        return true;
    }

    // Where systemd runs they are its; elsewhere nobody but the containers in them needed them.
    private static void RemoveSlices(string path)
    {
        if (!path.Contains(".slice/", StringComparison.Ordinal) || SystemdManager.IsRunning)
            return;
        for (var parent = System.IO.Path.GetDirectoryName(path); parent?.EndsWith(".slice", StringComparison.Ordinal) == true && Cgroup.At(parent).TryRemoveEmpty(); parent = System.IO.Path.GetDirectoryName(parent))
        {
        }
    }

    /// <summary>Lets systemd know of changed limits.</summary>
    /// <exception cref="ContainerToolsException">SystemdNotAvailable, SystemdFailed.</exception>
    public static void Change(string unit, CgroupLimits limits)
    {
        UnitProperty[] properties = [.. ScopeProperties.Changed(limits, CgroupHierarchies.Current.UnifiedControls)];
        if (properties.Length == 0)
            return;
        using var systemd = SystemdManager.Connect();
        systemd.SetProperties(unit, properties);
    }

    /// <summary>What the process does that holds a place: it waits for the end of its standard input.</summary>
    public static int HoldPlace()
    {
        Span<byte> nothing = stackalloc byte[1];
        _ = FileCalls.Read(0, nothing);
        return 0;
    }

    /// <summary>Makes the scope a process's, which lives in the control groups already: version 1 has one more for systemd itself.</summary>
    public void Hold(int pid)
    {
        if (CgroupHierarchies.Current.Version != CgroupVersion.V2)
            _systemd.Attach(Unit, pid);
    }

    public void Dispose()
    {
        _ = FileCalls.Close(_alive);
        Release(_placeholder);
        _systemd.Dispose();
    }

    private static void Release(PidFd? placeholder)
    {
        if (placeholder is null)
            return;
        _ = placeholder.Reap();
        placeholder.Dispose();
    }
}
