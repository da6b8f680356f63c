using ContainerTools.Engine.Events;
using ContainerTools.Engine.Rootless;
using ContainerTools.Engine.Specs;
using ContainerTools.Engine.Store;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;

namespace ContainerTools.Engine.Containers;

/// <content>Changing what exists.</content>
public sealed partial class ContainerManager
{
    /// <summary>Changes a container. Limits hold at once for one that runs; if the kernel refuses one, nothing is changed.</summary>
    /// <exception cref="ContainerToolsException">ContainerNotFound, LimitFailed: the kernel refused; or a value makes no sense.</exception>
    public Container Update(Container container, ContainerChanges changes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(container);
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.StopSignal is { } signal)
            _ = SignalNames.Parse(signal);
        // The lock under which records are written.
        using (StoreLock.Acquire(_paths, NamesLock, exclusive: true, cancellationToken))
        {
            var current = _records.TryRead(container.Id) ?? throw NotFound(container.Name);
            var changed = ContainerRecords.Copy(current);
            Apply(changes, changed);
            if (changes.HasLimits && Refresh(container) is { HasProcess: true } running)
                ApplyLimits(current, changed, changes, running.Status);
            WriteRecord(changed);
            if (changes.RestartPolicy is not null)
            {
                WhileItExists(changed, () =>
                {
                    RestartFiles.Write(_records.DirectoryOf(changed.Id), changed.RestartPolicy);
                    RestartFiles.Wake(_records.DirectoryOf(changed.Id));
                });
            }
            EventLog.AddOfContainer(_paths.Root, changed, ContainerEventAction.Update);
            return Snapshot(changed);
        }
    }

    /// <summary>Writes the record of a container that somebody may be removing.</summary>
    private void WriteRecord(ContainerConfiguration configuration) => WhileItExists(configuration, () => _records.Write(configuration));

    private void WhileItExists(ContainerConfiguration configuration, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is ContainerToolsException or IOException && !Directory.Exists(_records.DirectoryOf(configuration.Id)))
        {
            throw NotFound(configuration.Name);
        }
    }

    private static void Apply(ContainerChanges changes, ContainerConfiguration configuration)
    {
        if (changes.Memory is { } memory)
            configuration.Memory = ConfigurationBuilder.Limit(memory);
        if (changes.MemorySwap is { } swap)
            configuration.MemorySwap = swap is 0 ? null : swap;
        if (changes.Cpus is { } cpus)
            configuration.Cpus = cpus is 0 ? null : cpus;
        if (changes.CpuSet is { } set)
            configuration.CpuSet = set.Length == 0 ? null : set;
        if (changes.PidsLimit is { } pids)
            configuration.PidsLimit = ConfigurationBuilder.Limit(pids);
        // Without a limit of memory there is none of swap to take away.
        if (configuration.Memory is null && changes.MemorySwap is null or -1)
            configuration.MemorySwap = null;
        if (changes.RestartPolicy is not null)
        {
            configuration.RestartPolicy = ConfigurationBuilder.RestartText(changes.RestartPolicy);
            if (configuration is { AutoRemove: true, RestartPolicy: not null })
            {
                throw new ContainerToolsException("RestartPolicyConflict", ErrorKind.InvalidArgument,
                    $"The container '{configuration.Name}' is removed at its end, so it cannot be started again ({configuration.RestartPolicy}).", changes.RestartPolicy);
            }
        }
        configuration.StopSignal = changes.StopSignal ?? configuration.StopSignal;
        configuration.StopTimeout = changes.StopTimeout?.TotalSeconds ?? configuration.StopTimeout;
        ConfigurationBuilder.Limits(new ContainerOptions
        {
            Memory = configuration.Memory,
            MemorySwap = configuration.MemorySwap,
            Cpus = configuration.Cpus,
            CpuSet = configuration.CpuSet,
            PidsLimit = configuration.PidsLimit,
            StopTimeout = changes.StopTimeout,
        });
    }

    private static void ApplyLimits(ContainerConfiguration before, ContainerConfiguration after, ContainerChanges changes, ContainerStatus status)
    {
        var cgroup = Cgroup.At(after.CgroupPath);
        try
        {
            cgroup.Apply(LiveLimits(after, changes));
        }
        catch (IOException) when (!cgroup.Directories.Any(Directory.Exists))
        {
            if (UserSession.IsRootless && StatusReader.IsAlive(status))
                throw UserLimits.NotDelegated(after.Name);
            // It has just ended, and its group with it: they hold from its next start on.
        }
        catch (IOException e)
        {
            try
            {
                cgroup.Apply(LiveLimits(before, changes));
            }
            catch (IOException)
            {
                // What was in force until now is refused too: it is left as it is, and the first error is the one to tell.
            }
            var undelegated = e is CgroupException { IsDelegation: true };
            throw new ContainerToolsException(undelegated ? "LimitsNotDelegated" : "LimitFailed", undelegated ? ErrorKind.PermissionDenied : ErrorKind.InvalidArgument, $"The limits of the container '{after.Name}' were not changed: {e.Message}", after.Name, e);
        }
    }

    /// <summary>The limits that changes are about, for a group that has some: no limit is a value too.</summary>
    private static CgroupLimits LiveLimits(ContainerConfiguration configuration, ContainerChanges changes)
    {
        var limits = CgroupLimitsReader.Read(ResourceBuilder.Build(configuration, new SpecInputs(), DeviceOptions.Parse([], privileged: false)), withDevices: false);
        bool memory = changes.Memory is not null || changes.MemorySwap is not null;
        return new CgroupLimits
        {
            Memory = memory ? limits.Memory ?? -1 : null,
            MemoryAndSwap = memory ? limits.MemoryAndSwap ?? (configuration.Memory is null && KernelFeatures.SwapLimit ? -1 : null) : null,
            CpuQuota = changes.Cpus is not null ? limits.CpuQuota ?? -1 : null,
            CpuPeriod = changes.Cpus is not null ? limits.CpuPeriod : null,
            CpuSet = changes.CpuSet is not null ? limits.CpuSet ?? KernelFeatures.OnlineProcessors : null,
            Pids = changes.PidsLimit is not null ? limits.Pids ?? -1 : null,
        };
    }
}
