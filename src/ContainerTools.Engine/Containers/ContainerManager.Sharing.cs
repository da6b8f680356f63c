using ContainerTools.Engine.Specs;

namespace ContainerTools.Engine.Containers;

/// <content>Namespaces that a container shares with another one.</content>
public sealed partial class ContainerManager
{
    /// <summary>
    /// Looks up the containers whose PID, IPC and user namespaces a new one shares. PID and IPC namespaces belong to a user namespace, and only who is in that one can mount
    /// what they are seen through: so it is shared with them.
    /// </summary>
    /// <returns>The ids of the container, if it shares them with another one.</returns>
    private (bool Shared, IdRange? Range) ChooseSharedNamespaces(ContainerConfiguration configuration, ContainerOptions options)
    {
        Container? ids = null;
        string because = "";
        if (Find(configuration.PidNamespace) is { } processes)
        {
            configuration.PidNamespace = ContainerReference.Write(processes.Id);
            UseIdsOf(processes, "-PidNamespace");
        }
        if (Find(configuration.IpcNamespace) is { } ipc)
        {
            if (ipc.Configuration.IpcNamespace == "private")
            {
                throw new ContainerToolsException("IpcNotShareable", ErrorKind.InvalidState,
                    $"The IPC namespace of the container '{ipc.Name}' is its own. Make that container with -IpcNamespace shareable.", ipc.Name);
            }
            configuration.IpcNamespace = ContainerReference.Write(ipc.Id);
            UseIdsOf(ipc, "-IpcNamespace");
        }
        if (Find(options.UserNamespace) is { } users)
            UseIdsOf(users, "-UserNamespace");
        if (ids is null)
            return (false, null);
        if (options.UserNamespace is { Length: > 0 } other && ContainerReference.TryRead(other) is null)
        {
            throw new ContainerToolsException("UserNamespaceConflict", ErrorKind.InvalidArgument,
                $"{because} means the user namespace of the container '{ids.Name}' too, but -UserNamespace {other} is given. Leave that out.", other);
        }
        configuration.UserNamespace = ContainerReference.Write(ids.Id);
        return (true, ids.Configuration.IdRange);

        Container? Find(string? text) => ContainerReference.TryRead(text) is { } name ? Get(name) : null;

        void UseIdsOf(Container container, string parameter)
        {
            // One that shares its own with a third: all three have the same.
            string owner = UserNamespaceOwner(container.Configuration);
            if (ids is not null && UserNamespaceOwner(ids.Configuration) != owner)
            {
                throw new ContainerToolsException("UserNamespaceConflict", ErrorKind.InvalidArgument,
                    $"{because} and {parameter} name containers with different user namespaces ('{ids.Name}' and '{container.Name}'), but a container has only one.", container.Name);
            }
            (ids, because) = (container, parameter);
        }
    }

    private static string UserNamespaceOwner(ContainerConfiguration configuration) =>
        configuration.IdRange is null ? "host" : ContainerReference.TryRead(configuration.UserNamespace) ?? configuration.Id;

    /// <summary>The processes whose namespaces a container is to join.</summary>
    /// <exception cref="ContainerToolsException">SharedContainerNotRunning.</exception>
    private SharedNamespaces PrepareSharedNamespaces(ContainerConfiguration configuration)
    {
        return new SharedNamespaces { Pid = ProcessOf(configuration.PidNamespace), Ipc = ProcessOf(configuration.IpcNamespace), User = ProcessOf(configuration.UserNamespace) };

        int? ProcessOf(string? text) => ContainerReference.TryRead(text) is not { } id ? null : Get(id) switch
        {
            { Pid: { } pid } => pid,
            var other => throw new ContainerToolsException("SharedContainerNotRunning", ErrorKind.InvalidState,
                $"The container '{configuration.Name}' shares namespaces of the container '{other.Name}', which is not running ({other.State}). Start that one first.", configuration.Name),
        };
    }
}
