namespace ContainerTools.Oci.Runtime;

/// <summary>Commands run at points of the container's life (runtime-spec config.md, "POSIX-platform Hooks").</summary>
public sealed class HooksSpec
{
    /// <summary>Deprecated: after the namespaces are made, before the root is pivoted, in the runtime's namespaces.</summary>
    public List<HookSpec>? Prestart { get; set; }

    /// <summary>During create, before pivot_root, in the runtime's namespaces.</summary>
    public List<HookSpec>? CreateRuntime { get; set; }

    /// <summary>During create, before pivot_root, in the container's namespaces.</summary>
    public List<HookSpec>? CreateContainer { get; set; }

    /// <summary>During start, before the user's process, in the container's namespaces.</summary>
    public List<HookSpec>? StartContainer { get; set; }

    /// <summary>After the user's process started, in the runtime's namespaces.</summary>
    public List<HookSpec>? Poststart { get; set; }

    /// <summary>After delete, in the runtime's namespaces.</summary>
    public List<HookSpec>? Poststop { get; set; }
}
