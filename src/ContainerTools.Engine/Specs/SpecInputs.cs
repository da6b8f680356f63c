namespace ContainerTools.Engine.Specs;

/// <summary>What the specification of a container depends on beside its configuration.</summary>
public sealed record SpecInputs
{
    /// <summary>Path of the root file system, relative to the bundle or absolute.</summary>
    public string RootPath { get; init; } = "rootfs";

    /// <summary>
    /// Whether another runtime reads the document: then it carries the whole system call list. The root is mounted for it before, by the annotations,
    /// which stay.
    /// </summary>
    public bool ForOtherRuntime { get; init; }

    /// <summary>
    /// Whether this kernel can limit swap; null: the kernel is asked. Without it a memory limit stands alone instead of bringing the usual limit of as
    /// much swap again.
    /// </summary>
    public bool? CanLimitSwap { get; init; }

    /// <summary>The program that is PID 1 of a container that wants an init: an absolute path on the host, a static binary.</summary>
    public string? InitPath { get; init; }

    /// <summary>The network namespace of another container that is joined, as a path; null for one of its own, or the host's.</summary>
    public string? NetworkPath { get; init; }

    /// <summary>The processes whose namespaces the container joins.</summary>
    public SharedNamespaces Shared { get; init; } = new();

    /// <summary>Whether the process gets a pseudoterminal.</summary>
    public bool Terminal { get; init; }
}
