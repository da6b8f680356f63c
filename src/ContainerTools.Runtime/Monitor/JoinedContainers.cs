using System.Globalization;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Specs;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Monitor;

/// <summary>
/// The containers whose namespaces a document joins. It names their processes, as they were when somebody started the container; when its restart policy does, they may
/// be others, and their ids anybody's.
/// </summary>
internal static class JoinedContainers
{
    /// <summary>Names the processes of now in a document that is used once more.</summary>
    /// <exception cref="ContainerToolsException">SharedContainerNotRunning.</exception>
    public static void Refresh(RuntimeSpec spec, MonitorArguments options)
    {
        if (options.Restarts == 0 || spec.Annotations?.GetValueOrDefault(Annotations.Joined) is not { Length: > 0 } lines)
            return;
        foreach (string line in lines.Split('\n'))
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            (string type, string id) = (line[..blank], line[(blank + 1)..]);
            var status = StatusReader.Read(Path.Combine(options.Root, "containers", id));
            if (status.State is not ContainerState.Running)
                throw new ContainerToolsException("SharedContainerNotRunning", ErrorKind.InvalidState, $"The {type} namespace of the container {id[..12]} is shared, but that container is not running.");
            string pid = status.Pid.ToString(CultureInfo.InvariantCulture);
            if (spec.Linux?.Namespaces?.Find(n => n.Type == type) is { } found)
                found.Path = $"/proc/{pid}/ns/{(type == "network" ? "net" : type)}";
            if (type != "ipc")
                continue;
            foreach (var mount in spec.Mounts ?? [])
            {
                if (mount.Type == MountTypes.OfProcess && mount.Source is { } source)
                    mount.Source = pid + source[source.IndexOf(':', StringComparison.Ordinal)..];
            }
        }
    }
}
