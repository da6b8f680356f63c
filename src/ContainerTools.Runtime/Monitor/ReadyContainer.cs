using System.Text;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Systemd;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.Launching;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// What a monitor in reserve has made of a container that nobody has started yet: its control group, and its process in its namespaces, which waits. Nothing of the host or of the container's
/// root file system is mounted in it.
/// </summary>
internal sealed class ReadyContainer : IDisposable
{
    private readonly string _directory;

    private ReadyContainer(string directory, RuntimeSpec spec, byte[] document, StreamPipes pipes, ContainerLauncher launcher) =>
        (_directory, Spec, Document, Pipes, Launcher) = (directory, spec, document, pipes, launcher);

    /// <summary>The container's document.</summary>
    public RuntimeSpec Spec { get; }

    /// <summary>The same, as text: it is the bundle's config.json if the container is started as it is now.</summary>
    public byte[] Document { get; }

    /// <summary>Its standard output and standard error.</summary>
    public StreamPipes Pipes { get; }

    /// <summary>What finishes it.</summary>
    public ContainerLauncher Launcher { get; }

    /// <summary>Makes as much of a container; null if that fails, which the start will explain.</summary>
    /// <param name="document">Its document.</param>
    /// <param name="arguments">The monitor's arguments.</param>
    public static ReadyContainer? TryMake(string document, string[] arguments)
    {
        StreamPipes? pipes = null;
        try
        {
            var options = MonitorArguments.Parse(arguments);
            byte[] bytes = Encoding.UTF8.GetBytes(document);
            var spec = RuntimeJson.ReadSpec(bytes);
            ContainerScope.Enter(options.CgroupPath, Environment.ProcessId);
            pipes = StreamPipes.Create();
            return new ReadyContainer(options.Directory, spec, bytes, pipes, ContainerLauncher.Begin(spec, options.Directory, options.Id, OwnRuntimeStarter.LaunchOptions(-1, pipes)));
        }
        catch (Exception e) when (e is ContainerToolsException or IOException or UnauthorizedAccessException or ArgumentException or FormatException)
        {
            pipes?.Close();
            return null;
        }
    }

    /// <summary>Goes through the same for a container that was there before, and makes nothing: what it needs of this program is in memory afterwards.</summary>
    /// <param name="document">That container's document.</param>
    /// <param name="arguments">Its monitor's arguments.</param>
    public static void Rehearse(string document, string[] arguments)
    {
        try
        {
            var options = MonitorArguments.Parse(arguments);
            var spec = RuntimeJson.ReadSpec(Encoding.UTF8.GetBytes(document));
            // Its files are gone, perhaps.
            spec.Mounts?.RemoveAll(m => m.Type is "bind");
            ContainerLauncher.Rehearse(spec, options.Directory, options.Id, OwnRuntimeStarter.LaunchOptions(-1, new StreamPipes(-1, -1, -1, -1)));
        }
        catch (Exception e) when (e is ContainerToolsException or IOException or UnauthorizedAccessException or ArgumentException or FormatException)
        {
            // The next container may be another one.
        }
    }

    /// <summary>Removes all of it. The monitor goes on, perhaps with the same container.</summary>
    public void Discard()
    {
        Pipes.Close();
        if (Launcher.Abandon() is not { } group)
            return;
        // Whoever holds the lock is starting or removing the container, and the group is his. Asked without taking it, which others would see as a start.
        using var file = MonitorLockFile.TryOpen(_directory);
        if (file is null or { IsHeld: false })
            _ = group.TryRemoveEmpty();
    }

    /// <summary>Removes it, unless its launcher has finished it.</summary>
    public void Dispose() => Launcher.Dispose();
}
