namespace ContainerTools.Runtime.Launching;

/// <summary>How mounts spread between the host and the container, and below the container's root (runtime-spec config-linux.md, "Rootfs Mount Propagation").</summary>
/// <param name="Outside">MS_* flags for the host's mounts as the container's process sees them while it is made; 0 for slave.</param>
/// <param name="Inside">MS_* flags for the container's root, or 0 to leave it private.</param>
internal readonly record struct RootPropagation(ulong Outside, ulong Inside)
{
    private const ulong Recursive = 0x4000, Unbindable = 1 << 17, Private = 1 << 18, Slave = 1 << 19, Shared = 1 << 20;

    public static RootPropagation Parse(string? text) => text switch
    {
        null or "" => default,
        "private" => new(Private, Private),
        "rprivate" => new(Private, Private | Recursive),
        "slave" => new(Slave, Slave),
        "rslave" => new(Slave, Slave | Recursive),
        // pivot_root refuses shared mounts, so what is outside is a slave even then.
        "shared" => new(Slave, Shared),
        "rshared" => new(Slave, Shared | Recursive),
        "unbindable" => new(Slave, Unbindable),
        "runbindable" => new(Slave, Unbindable | Recursive),
        _ => throw NamespacePlan.Invalid($"the root's propagation '{text}' is none of private, slave, shared, unbindable and their recursive forms"),
    };
}
