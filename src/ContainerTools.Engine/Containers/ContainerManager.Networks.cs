using ContainerTools.Engine.Events;
using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Store;

namespace ContainerTools.Engine.Containers;

/// <content>Networks.</content>
public sealed partial class ContainerManager
{
    /// <summary>Connects a container to one more network; one that runs is joined at once.</summary>
    /// <param name="container">The container.</param>
    /// <param name="network">The network's name.</param>
    /// <param name="options">Addresses and names there.</param>
    /// <param name="cancellationToken">Ends the waiting for locks.</param>
    /// <exception cref="ContainerToolsException">NetworkNotFound, AlreadyConnected, NetworkModeFixed, IPAddressInUse, ...</exception>
    public Container Connect(Container container, string network, ConnectOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(options);
        var record = _networks.GetRecord(network);
        var settings = new NetworkSettings
        {
            Name = record.Name,
            MacAddress = options.MacAddress is { } mac ? NetworkChoice.CheckMac(mac) : null,
            Aliases = [.. options.Aliases.Select(NetworkName.CheckAlias)],
        };
        foreach (string address in options.IPAddresses)
            NetworkChoice.Give([settings], [record], NetworkChoice.ParseAddress(address));
        var connected = ChangeNetworks(container, (current, changed) =>
        {
            if (!current.OwnsNetwork)
            {
                throw new ContainerToolsException("NetworkModeFixed", ErrorKind.InvalidState,
                    $"The container '{current.Name}' was made with -Network {current.Network} and has no network of its own that could be connected. Make it anew.", current.Name);
            }
            if (current.Networks.Exists(n => n.Name == record.Name))
                throw new ContainerToolsException("AlreadyConnected", ErrorKind.AlreadyExists, $"The container '{current.Name}' is on the network '{record.Name}' already.", current.Name);
            changed.Networks.Add(settings);
            if (Refresh(container) is { Pid: { } pid } running)
            {
                var plan = new NetworkPlan { HostName = current.HostName, Names = [current.Name], Networks = [PlannedNetwork.Make(record, settings)] };
                NetworkMembership.Connect(_paths.RunRoot, current.Id, running.Directory, pid, plan);
            }
        }, cancellationToken);
        EventLog.AddOfContainer(_paths.Root, connected.Configuration, ContainerEventAction.Connect, ("network", record.Name));
        return connected;
    }

    /// <summary>Takes a container off a network; at once if it runs.</summary>
    /// <exception cref="ContainerToolsException">NotConnected.</exception>
    public Container Disconnect(Container container, string network, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        network = _networks.TryFind(network)?.Name ?? network;
        var disconnected = ChangeNetworks(container, (current, changed) =>
        {
            if (changed.Networks.RemoveAll(n => n.Name == network) == 0)
            {
                throw new ContainerToolsException("NotConnected", ErrorKind.NotFound,
                    $"The container '{current.Name}' is not on the network '{network}'. It is on: {(current.Networks.Count == 0 ? "none" : string.Join(", ", current.Networks.Select(n => n.Name)))}.", current.Name);
            }
            NetworkMembership.Disconnect(_paths.RunRoot, current.Id, network);
            NetworkCleaner.Clean(_paths.RunRoot);
        }, cancellationToken);
        EventLog.AddOfContainer(_paths.Root, disconnected.Configuration, ContainerEventAction.Disconnect, ("network", network));
        return disconnected;
    }

    private Container ChangeNetworks(Container container, Action<ContainerConfiguration, ContainerConfiguration> change, CancellationToken cancellationToken)
    {
        // The lock under which records are written.
        using (StoreLock.Acquire(_paths, NamesLock, exclusive: true, cancellationToken))
        {
            var current = _records.TryRead(container.Id) ?? throw NotFound(container.Name);
            var changed = ContainerRecords.Copy(current);
            change(current, changed);
            changed.Network = changed.Networks.Count > 0 ? changed.Networks[0].Name : "none";
            WritePlan(changed, _records.DirectoryOf(changed.Id));
            _records.Write(changed);
            return Snapshot(changed);
        }
    }

    /// <summary>Looks up what a new container's network options name.</summary>
    private void ChooseNetworks(ContainerConfiguration configuration, ContainerOptions options)
    {
        NetworkChoice.Finish(configuration, options, _networks.GetRecord);
        if (!configuration.Network.StartsWith(NetworkChoice.ContainerPrefix, StringComparison.Ordinal))
            return;
        var other = Get(configuration.Network[NetworkChoice.ContainerPrefix.Length..]);
        configuration.Network = NetworkChoice.ContainerPrefix + other.Id;
        if (options.HostName is null)
            configuration.HostName = other.HostName;
    }

    /// <summary>Checks a container's networks before it is started, and writes down what its monitor joins.</summary>
    /// <returns>The network namespace that it shares with another container, as a path; null if it has its own.</returns>
    private string? PrepareNetworks(ContainerConfiguration configuration, string directory)
    {
        WritePlan(configuration, directory);
        if (configuration.Ports.Count > 0)
        {
            if (NftProgram.Find() is null)
                throw NftProgram.Missing($"Publishing the ports of the container '{configuration.Name}'");
            CheckPorts(configuration);
        }
        if (!configuration.Network.StartsWith(NetworkChoice.ContainerPrefix, StringComparison.Ordinal))
            return null;
        var other = Get(configuration.Network[NetworkChoice.ContainerPrefix.Length..]);
        if (other.Pid is not { } pid)
        {
            throw new ContainerToolsException("NetworkContainerNotRunning", ErrorKind.InvalidState,
                $"The container '{configuration.Name}' shares the network of the container '{other.Name}', which is not running ({other.State}). Start that one first.", configuration.Name);
        }
        EtcFiles.Share(configuration, other.Configuration);
        return $"/proc/{pid.ToString(System.Globalization.CultureInfo.InvariantCulture)}/ns/net";
    }

    private void RenameOnNetworks(ContainerConfiguration configuration)
    {
        if (configuration.Networks.Count == 0)
            return;
        // Its monitor may start it again.
        WritePlan(configuration, _records.DirectoryOf(configuration.Id));
        NetworkMembership.Rename(_paths.RunRoot, configuration.Id, configuration.Name);
    }

    private void WritePlan(ContainerConfiguration configuration, string directory)
    {
        if (configuration.Networks.Count == 0)
        {
            File.Delete(Path.Combine(directory, NetworkPlan.FileName));
            return;
        }
        new NetworkPlan
        {
            HostName = configuration.HostName,
            Names = [configuration.Name],
            Networks = [.. configuration.Networks.Select(n => PlannedNetwork.Make(_networks.GetRecord(n.Name), n))],
            Ports = configuration.Ports,
        }.Write(directory);
    }

    /// <summary>A port that is taken is an error before anything is started. The monitor takes it for good, under the lock of the leases.</summary>
    private void CheckPorts(ContainerConfiguration configuration)
    {
        var subnets = configuration.Networks.Select(n => _networks.GetRecord(n.Name)).Where(r => !r.Internal).Take(1).SelectMany(r => r.ReadSubnets()).ToList();
        if (subnets.Count == 0)
            return;
        var leases = LeaseTable.Read(_paths.RunRoot).Entries.FindAll(l => l.ContainerId != configuration.Id && !l.IsLeaving && NetworkWithdrawal.IsMonitored(l));
        using var held = new HeldPorts();
        _ = new HostPorts(leases, held).Settle(configuration.Ports.Where(p => p.HostPort > 0), subnets.Exists(s => !s.IsIPv6), subnets.Exists(s => s.IsIPv6));
    }
}
